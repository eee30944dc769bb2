"""The optimizer of a training, whose update is compiled into one program on a CPU."""

from typing import Any

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.settings import TrainingSettings


def make_optimizer(settings: TrainingSettings, total_steps: int) -> Any:
    """A Keras optimizer with the schedule, weight decay and moving average of the settings.

    Args:
        settings: of the method.
        total_steps: batches of the whole training, over which a schedule runs.
    """
    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, total_steps)
    make = {"adam": _Adam, "rmsprop": _RMSprop}
    return make[settings.optimizer](
        rate,
        weight_decay=settings.weight_decay or None,
        use_ema=settings.ema_momentum > 0,
        ema_momentum=settings.ema_momentum or 0.99,  # Keras refuses 0 even where it is not used
        name=settings.optimizer,
    )


class _Fused:
    """An update that passes over each weight once.

    Operation by operation, AdamW with a moving average passes some twenty times over weights,
    gradients and moments, which is half of a head's step and a tenth of a convnet's on two cores
    (`make bench ARGS="--only steps"`). XLA makes one loop of it.
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
