"""What ``pipeline/evaluate.py`` asks of the models."""

import logging

import numpy as np
import pytest

from dogs_vs_cats.compute.backend import keras, tf
from pipeline.evaluate import probabilities


def test_many_models_are_asked_without_a_warning_and_say_what_they_always_say(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    batches = tf.data.Dataset.from_tensor_slices(pictures).batch(4)
    tf.get_logger().propagate = True
    models, said = [], []
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        for seed in range(6):
            keras.utils.set_random_seed(seed)
            x = inputs = keras.Input((8, 8, 3), dtype="uint8")
            for layer in (
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(3, 3, activation="relu"),
                keras.layers.Dropout(0.5),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(3, activation="softmax"),
            ):
                x = layer(x)
            models.append(keras.Model(inputs, x))
            said.append(probabilities(models[-1], batches))
    assert [record for record in caplog.records if "retracing" in record.getMessage()] == []
    for model, answer in zip(models, said, strict=True):
        np.testing.assert_array_equal(answer, model.predict(batches, verbose=0))
