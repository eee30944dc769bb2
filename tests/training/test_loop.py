from typing import Any

import numpy as np
import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import TrainingSettings
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.loop import EpochMetrics, train


def settings(**changes: Any) -> TrainingSettings:
    defaults = {
        "epochs": 4,
        "batch_size": 16,
        "optimizer": "adam",
        "learning_rate": 0.01,
        "schedule": "constant",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "dropout": 0.0,
        "ema_momentum": 0.0,
        "seed": 0,
    }
    return TrainingSettings(**{**defaults, **changes})


def problem(count: int, seed: int, noise: float = 0.0) -> Any:
    """Points with a label that a line can tell, and perhaps some wrong labels."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(1, count, 8)).astype(np.float16)
    labels = (points[0, :, 0] + points[0, :, 1] > 0).astype(np.int32)
    wrong = rng.random(count) < noise
    return banked(points, np.where(wrong, 1 - labels, labels))


def model(units: int = 16) -> Any:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    x = keras.layers.Dense(units, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_training_learns_what_can_be_learned(optimizer: str) -> None:
    result = train(model(), problem(400, 0), problem(100, 1), settings(optimizer=optimizer))
    assert len(result.history) == 4
    assert result.history[-1]["val_accuracy"] > 0.9
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    assert result.seconds > 0
    assert result.pictures_per_second == pytest.approx(4 * 400 / result.seconds)


def test_the_model_is_left_with_its_best_epochs_weights() -> None:
    overfitting = model(units=256)
    validation = problem(60, 1, noise=0.3)
    result = train(overfitting, problem(60, 0, noise=0.3), validation, settings(epochs=30))
    best = result.history[result.best_epoch - 1]
    assert result.best_epoch < 30, "this case is meant to overfit"
    assert best["val_accuracy"] == max(epoch["val_accuracy"] for epoch in result.history)
    logits = overfitting.predict(validation_inputs(validation), verbose=0)[:, 0]
    assert ((logits > 0) == validation.labels).mean() == pytest.approx(best["val_accuracy"])


def validation_inputs(source: Any) -> Any:
    return np.asarray(source.read(np.int32(0), np.arange(len(source.labels), dtype=np.int32)))


def test_of_equally_accurate_epochs_the_one_with_the_lowest_loss_is_best() -> None:
    result = train(model(), problem(400, 0), problem(20, 1), settings(epochs=8))
    top = max(epoch["val_accuracy"] for epoch in result.history)
    tied = [epoch for epoch in result.history if epoch["val_accuracy"] == top]
    assert len(tied) > 1, "this case is meant to tie"
    assert result.history[result.best_epoch - 1]["val_loss"] == min(e["val_loss"] for e in tied)


def test_epochs_are_told_as_they_happen() -> None:
    told: list[tuple[int, EpochMetrics]] = []
    result = train(
        model(),
        problem(50, 0),
        problem(20, 1),
        settings(),
        lambda e, metrics: told.append((e, metrics)),
    )
    assert told == list(enumerate(result.history, start=1))
    assert set(told[0][1]) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}


def test_the_cosine_schedule_falls_to_nothing_and_the_constant_one_stays() -> None:
    def rates(schedule: str) -> list[float]:
        result = train(model(), problem(64, 0), problem(20, 1), settings(schedule=schedule))
        return [epoch["learning_rate"] for epoch in result.history]

    assert rates("constant") == pytest.approx([0.01] * 4)
    assert rates("cosine")[-1] == pytest.approx(0, abs=1e-6)
    assert rates("cosine") == sorted(rates("cosine"), reverse=True)


def stopped_early(schedule: str, patience: int, epochs: int = 60) -> Any:
    """A training that soon knows 60 points by heart, and does not get better on others."""
    early = settings(epochs=epochs, schedule=schedule, early_stopping=patience)
    return train(model(units=256), problem(60, 0, noise=0.3), problem(60, 1, noise=0.3), early)


def test_a_training_ends_when_it_gets_no_better() -> None:
    result = stopped_early("constant", patience=5)
    assert len(result.history) == result.best_epoch + 5 < 60
    assert result.pictures_per_second == pytest.approx(60 * len(result.history) / result.seconds)


def test_a_cosine_is_brought_to_its_end_first() -> None:
    rates = [epoch["learning_rate"] for epoch in stopped_early("cosine", patience=5).history]
    assert 10 <= len(rates) < 60
    assert rates == sorted(rates, reverse=True)
    assert rates[-6] > 0.003
    assert rates[-1] == pytest.approx(0, abs=1e-6)


def test_a_cosine_ends_with_the_last_epoch_at_the_latest() -> None:
    best = stopped_early("cosine", patience=5).best_epoch
    rates = [
        epoch["learning_rate"]
        for epoch in stopped_early("cosine", patience=5, epochs=best + 7).history
    ]
    assert len(rates) == best + 7
    assert rates[-1] == pytest.approx(0, abs=1e-6)


def test_without_patience_a_training_goes_on_to_its_last_epoch() -> None:
    assert len(stopped_early("cosine", patience=0).history) == 60


def test_equal_seeds_train_equal_models() -> None:
    def history(seed: int) -> list[EpochMetrics]:
        return train(model(), problem(100, 0), problem(20, 1), settings(seed=seed)).history

    assert history(0) == history(0)
    assert history(0) != history(1)


def test_averaged_weights_are_judged_kept_and_calmer() -> None:
    learn, validation = problem(200, 0, noise=0.2), problem(200, 1, noise=0.2)
    restless = settings(epochs=16, learning_rate=0.05)
    rough = train(model(), learn, validation, restless)
    averaged = model()
    calm = train(averaged, learn, validation, restless.model_copy(update={"ema_momentum": 0.95}))

    def roughness(result: Any) -> float:
        losses = [epoch["val_loss"] for epoch in result.history[4:]]
        return float(np.abs(np.diff(losses, n=2)).mean())

    assert roughness(calm) < 0.7 * roughness(rough)
    best = calm.history[calm.best_epoch - 1]
    logits = averaged.predict(validation_inputs(validation), verbose=0)[:, 0]
    assert ((logits > 0) == validation.labels).mean() == pytest.approx(best["val_accuracy"])


def test_label_smoothing_keeps_the_loss_up() -> None:
    plain = train(model(), problem(400, 0), problem(50, 1), settings())
    smooth = train(model(), problem(400, 0), problem(50, 1), settings(label_smoothing=0.2))
    assert smooth.history[-1]["val_loss"] > plain.history[-1]["val_loss"]


def test_a_training_that_diverges_stops_with_what_to_do() -> None:
    epochs: list[int] = []
    with pytest.raises(PipelineError, match=r"diverged in epoch 1.*learning_rate"):
        train(
            model(),
            problem(64, 0),
            problem(32, 1),
            settings(optimizer="adam", learning_rate=1e38, epochs=3),
            lambda epoch, _: epochs.append(epoch),
        )
    assert epochs == []


def test_a_trained_model_carries_no_optimizer_into_its_file() -> None:
    trained = model()
    train(trained, problem(64, 0), problem(32, 1), settings())
    assert not trained.compiled


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_many_classes_are_learned_with_a_logit_each(smoothing: float) -> None:
    def quadrants(count: int, seed: int) -> Any:
        points = np.random.default_rng(seed).normal(size=(1, count, 8)).astype(np.float16)
        labels = 2 * (points[0, :, 0] > 0) + (points[0, :, 1] > 0)
        return banked(points, labels.astype(np.int32))

    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    four = keras.Model(inputs, logits_layer(4)(hidden))
    validation = quadrants(100, 1)
    result = train(four, quadrants(400, 0), validation, settings(label_smoothing=smoothing))
    best = result.history[result.best_epoch - 1]
    assert best["val_accuracy"] > 0.85
    logits = np.asarray(four(validation_inputs(validation)), np.float64)
    right = logits.argmax(axis=1) == validation.labels
    assert right.mean() == pytest.approx(best["val_accuracy"])
    odds = np.exp(logits)
    log_probabilities = np.log(odds / odds.sum(axis=1, keepdims=True))
    targets = np.eye(4)[validation.labels] * (1 - smoothing) + smoothing / 4
    loss = -(targets * log_probabilities).sum(axis=1).mean()
    assert loss == pytest.approx(best["val_loss"], abs=1e-4)


def test_balanced_classes_weigh_the_same_however_few_their_pictures() -> None:
    def lopsided(count: int, seed: int) -> Any:
        """One point in ten is of class 1, and only slightly to the right of the others."""
        rng = np.random.default_rng(seed)
        labels = (np.arange(count) % 10 == 0).astype(np.int32)
        points = rng.normal(size=(1, count, 8)) + labels[:, None] * 0.7
        return banked(points.astype(np.float16), labels)

    def found(class_weight: str) -> float:
        """The share of class 1 that is taken for class 1."""
        fitted, validation = model(), lopsided(500, 1)
        changes = {"epochs": 8, "class_weight": class_weight}
        train(fitted, lopsided(1000, 0), validation, settings(**changes))
        logits = np.asarray(fitted(validation_inputs(validation)))[:, 0]
        return float((logits[validation.labels == 1] > 0).mean())

    assert found("balanced") > found("none") + 0.1
