import numpy as np

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.visualization.unfolding import unfold

PICTURES = np.random.default_rng(0).random((4, 8, 8, 3), np.float32)


def test_branches_and_nested_models_become_one_graph_that_answers_alike() -> None:
    inner_inputs = keras.Input((8, 8, 3))
    left, right = keras.layers.Conv2D(3, 1)(inner_inputs), keras.ops.flip(inner_inputs, axis=-1)
    inner = keras.Model(inner_inputs, keras.layers.Add()([left, right]))
    chain = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Dense(2)(chain(inner(inputs))))
    flat_inputs = keras.Input((8, 8, 3))
    calls = unfold(model, flat_inputs)
    kinds = [type(call.layer).__name__ for call in calls]
    assert sorted(kinds) == ["Add", "Conv2D", "Conv2D", "Dense", "Flatten", "Flip"]
    assert [len(call.inputs) for call in calls if type(call.layer).__name__ == "Add"] == [2]
    flat = keras.Model(flat_inputs, calls[-1].output)
    np.testing.assert_array_equal(flat(PICTURES), model(PICTURES))


def test_a_model_that_was_called_for_inference_stays_so() -> None:
    inner = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.BatchNormalization(), keras.layers.Flatten()]
    )
    inputs, flat_inputs = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Dense(2)(inner(inputs, training=False)))
    calls = unfold(model, flat_inputs)
    inner.trainable = True
    normalized = keras.Model(flat_inputs, calls[0].output)
    # Statistics of these pictures would make another thing of them.
    np.testing.assert_allclose(normalized(PICTURES), PICTURES / np.sqrt(1.001), rtol=1e-5)
