"""The optimizer of a training, whose update is compiled into one program on a CPU."""

import math
from typing import Any

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.settings import TrainingSettings


class Cosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Half a cosine, from the first rate to 0, which can be brought to its end early.

    As ``keras.optimizers.schedules.CosineDecay`` (Loshchilov & Hutter, 2016, arXiv:1608.03983).
    """

    def __init__(self, first: float, total_steps: int) -> None:
        """Begin at rate ``first``, and reach 0 after ``total_steps`` batches."""
        super().__init__()
        self._first = first
        # From step `begin` on, where `part` of the curve lay behind, the rest takes `steps`.
        self._begin = tf.Variable(0.0)
        self._part = tf.Variable(0.0)
        self._steps = tf.Variable(float(total_steps))

    def __call__(self, step: Any) -> Any:
        """The rate of a step, counted from 0."""
        return self._first * (1 + tf.cos(math.pi * self._behind(step))) / 2

    def finish(self, step: Any, steps: int) -> None:
        """Run through what is left of the curve within the ``steps`` that follow ``step``."""
        part = self._behind(step)
        self._begin.assign(tf.cast(step, tf.float32))
        self._part.assign(part)
        self._steps.assign(float(steps))

    def _behind(self, step: Any) -> Any:
        since = (tf.cast(step, tf.float32) - self._begin) / self._steps
        return tf.minimum(self._part + (1 - self._part) * since, 1.0)


def make_optimizer(settings: TrainingSettings, schedule: Cosine | None) -> Any:
    """A Keras optimizer with the weight decay and moving average of the settings.

    Args:
        settings: of the method.
        schedule: of the learning rate; None: constant.
    """
    make = {"adam": _Adam, "rmsprop": _RMSprop}
    return make[settings.optimizer](
        schedule or settings.learning_rate,
        weight_decay=settings.weight_decay or None,
        use_ema=settings.ema_momentum > 0,
        ema_momentum=settings.ema_momentum or 0.99,  # Keras refuses 0 even where it is not used
        name=settings.optimizer,
    )


class _Fused:
    """An update that passes over each weight once.

    Operation by operation, AdamW with a moving average passes some twenty times over weights,
    gradients and moments, which is half of a head's step. XLA makes one loop of it
    (`make bench ARGS="--only steps"`).
    """

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        update = super().apply  # type: ignore[misc]
        # Replicas talk to one another within an update, which XLA does not compile; a GPU spends
        # little of a step on it.
        if tf.distribute.has_strategy() or tf.config.list_physical_devices("GPU"):
            return update(grads, trainable_variables)
        gradients = [tf.convert_to_tensor(gradient) for gradient in grads]
        fused = tf.function(lambda each: update(each, trainable_variables), jit_compile=True)
        # Traced apart: TensorFlow takes the updates of several trainings for one function that
        # is traced again and again, and warns of that where it is called.
        traced = fused.get_concrete_function(
            [tf.TensorSpec.from_tensor(gradient) for gradient in gradients]
        )
        return traced(*gradients)


class _Adam(_Fused, keras.optimizers.Adam):  # type: ignore[misc]
    pass


class _RMSprop(_Fused, keras.optimizers.RMSprop):  # type: ignore[misc]
    pass
