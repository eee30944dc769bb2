"""One training step of each kind of network: as Keras makes it of the saved model, and as ours."""

import time
from typing import Any

from benchmarks.data import CLASSES
from benchmarks.jobs import Measure, Result
from benchmarks.jobs.ours import start
from dogs_vs_cats.backbones.networks import build, halves, release
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.methods import Method
from dogs_vs_cats.models import outputs
from dogs_vs_cats.models.head import build_head
from dogs_vs_cats.models.small_convnet import build_small_convnet, pooling_first
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.filter_gradients import with_product_gradients
from dogs_vs_cats.training.optimizer import make_optimizer


def step(method: Method, steps: int, ours: bool) -> Measure:
    """``seconds`` of a step on one batch that lies in memory.

    Args:
        method: whose network is trained.
        steps: of a round.
        ours: with what makes it faster, else the network as it is saved and Keras' own AdamW.
    """
    _, params = start()
    settings = params.method(method)
    network = (
        _convnet(params, ours) if method == "augmented_convnet" else _on_base(params, method, ours)
    )
    schedule = keras.optimizers.schedules.CosineDecay(settings.learning_rate, 1000)
    optimizer = make_optimizer(settings, schedule)
    trainer = keras.Model(network.inputs, network.outputs)
    trainer.compile(
        optimizer=optimizer if ours else keras.optimizers.Adam.from_config(optimizer.get_config()),
        loss=outputs.loss(1, settings.label_smoothing),
        metrics=[outputs.accuracy(1)],
    )
    trainer.optimizer.build(trainer.trainable_variables)
    inputs = tf.random.stateless_uniform(
        (settings.batch_size, *network.input.shape[1:]), (0, 0), maxval=255.0
    )
    labels = tf.range(settings.batch_size)[:, tf.newaxis] % 2
    once = tf.function(lambda: trainer.train_step((inputs, labels)))
    once()

    def measure() -> Result:
        started = time.perf_counter()
        for _ in range(steps):
            once()
        return {"seconds": (time.perf_counter() - started) / steps}

    return measure


def _convnet(params: Params, ours: bool) -> Any:
    dropout = params.method("augmented_convnet").dropout
    convnet = build_small_convnet(params.backbone.image_size, len(CLASSES), dropout)
    return pooling_first(convnet) if ours else convnet


def _on_base(params: Params, method: Method, ours: bool) -> Any:
    """The head of ``frozen_base``, or what ``fine_tuning`` trains, with random weights."""
    backbone = params.backbone
    conv_base = build(backbone.name, backbone.image_size)
    dropout = params.method(method).dropout
    head = build_head(conv_base, len(CLASSES), dropout, backbone, params.head)
    if method == "frozen_base":
        return head
    release(conv_base)
    _, upper = halves(conv_base)
    maps = keras.Input(upper.input.shape[1:])
    learner = with_product_gradients(upper) if ours else upper
    return keras.Model(maps, head(learner(maps, training=False)))
