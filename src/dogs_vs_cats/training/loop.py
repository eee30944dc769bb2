"""The one loop that trains every method."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models import outputs
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import TrainingSettings
from dogs_vs_cats.training.epochs import Source, training_batches, validation_batches
from dogs_vs_cats.training.optimizer import Cosine, make_optimizer
from dogs_vs_cats.training.replicas import fit

EpochMetrics = dict[str, float]
"""``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, ``learning_rate`` of one epoch."""

OnEpoch = Callable[[int, EpochMetrics], None]
"""Called after each epoch with its number from 1 and its metrics."""


@dataclass(frozen=True)
class Training:
    """What a training gave. The model holds the best epoch's weights."""

    history: list[EpochMetrics]
    best_epoch: int
    """Counts from 1; most right on validation, then lowest validation loss, then earliest."""
    seconds: float
    """Wall time of the epochs, validation included."""
    pictures_per_second: float
    """Training pictures by those seconds."""


def train(
    model: Any,
    source: Source,
    validation: Source,
    settings: TrainingSettings,
    on_epoch: OnEpoch = lambda epoch, metrics: None,
) -> Training:
    """Train a model that gives logits, and leave it with the weights of its best epoch.

    Args:
        model: Keras model, inputs of the sources to float32 logits
            (:func:`dogs_vs_cats.models.outputs.logits_layer`).
        source: training pictures.
        validation: validation pictures; their view 0 counts.
        settings: epochs, optimizer and schedule.
        on_epoch: told of each epoch as it ends.

    Raises:
        PipelineError: a loss is not finite at the end of an epoch.
    """
    batches = training_batches(
        source, settings.epochs, settings.batch_size, settings.seed, settings.class_weight
    )
    logits = model.output.shape[-1]
    schedule = (
        Cosine(settings.learning_rate, settings.epochs * batches.steps)
        if settings.schedule == "cosine"
        else None
    )
    # Compiled apart: the model would carry its optimizer's state into every copy and file.
    trainer = keras.Model(model.inputs, model.outputs, name="trainer")
    trainer.compile(
        optimizer=make_optimizer(settings, schedule),
        loss=outputs.loss(logits, settings.label_smoothing),
        metrics=[outputs.accuracy(logits)],
    )
    trainer.optimizer.build(trainer.trainable_variables)
    best = _BestEpoch()
    epochs = _Epochs(on_epoch)
    averaging, stopping = [], []
    if settings.ema_momentum:
        averaging.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    if settings.early_stopping:
        stopping.append(_EarlyStopping(best, settings, schedule, batches.steps))
    started = time.perf_counter()
    fit(
        trainer,
        batches,
        validation_batches(validation, settings.batch_size),
        settings.epochs,
        [*averaging, best, epochs, *stopping, _Progress(settings.epochs, batches.steps)],
    )
    seconds = time.perf_counter() - started
    model.set_weights(best.weights)
    return Training(
        history=epochs.history,
        best_epoch=best.epoch,
        seconds=seconds,
        pictures_per_second=len(epochs.history) * len(source.labels) / seconds,
    )


class _BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the weights of the best epoch, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0
        self.weights: list[Any] = []
        self._best = (-1.0, 0.0)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        score = (logs["val_accuracy"], -logs["val_loss"])
        if score > self._best or not self.weights:
            self._best, self.epoch, self.weights = score, epoch + 1, self.model.get_weights()


class _EarlyStopping(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a training whose best epoch lies ``early_stopping`` epochs back.

    Weights are best where the rate has fallen, so a schedule is first brought to its end, within as
    many epochs more, or those that are left.
    """

    def __init__(
        self,
        best: _BestEpoch,
        settings: TrainingSettings,
        schedule: Cosine | None,
        steps_per_epoch: int,
    ) -> None:
        super().__init__()
        self._best, self._settings, self._schedule = best, settings, schedule
        self._steps_per_epoch = steps_per_epoch
        self._last = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        ended, patience = epoch + 1, self._settings.early_stopping
        if not self._last and ended - self._best.epoch >= patience:
            left = min(patience, self._settings.epochs - ended)
            self._last = ended + left if self._schedule else ended
            if self._schedule and left:
                self._schedule.finish(self.model.optimizer.iterations, left * self._steps_per_epoch)
        if ended == self._last:
            self.model.stop_training = True


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Collects each epoch's metrics and passes them on as they happen."""

    def __init__(self, on_epoch: OnEpoch) -> None:
        super().__init__()
        self.history: list[EpochMetrics] = []
        self._on_epoch = on_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        metrics = {name: float(logs[name]) for name in names}
        if not all(map(math.isfinite, metrics.values())):
            raise PipelineError(
                f"The training diverged in epoch {epoch + 1}: a loss is not finite. Lower the"
                " method's learning_rate in params.yaml."
            )
        metrics["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.history.append(metrics)
        self._on_epoch(epoch + 1, metrics)


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """One bar for the whole training: epoch, accuracies, time left."""

    def __init__(self, epochs: int, in_epoch: int) -> None:
        super().__init__()
        self._epochs = epochs
        self._bar = tqdm(total=epochs * in_epoch, unit="batch", mininterval=0.5, dynamic_ncols=True)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._bar.set_description(f"epoch {epoch + 1}/{self._epochs}", refresh=False)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        self._bar.set_postfix_str(
            f"accuracy {logs['accuracy']:.3f}, validation {logs['val_accuracy']:.3f}"
        )

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._bar.close()
