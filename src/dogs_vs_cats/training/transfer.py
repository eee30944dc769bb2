"""The three methods that start from VGG16: feature extraction, frozen base, fine-tuning."""

from pathlib import Path
from typing import Any

from dogs_vs_cats.backend import keras, tf, worker_number
from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.files import scratch_directory
from dogs_vs_cats.models.classifiers import build_head, join, load_whole_model, parts, whole_model
from dogs_vs_cats.models.vgg16 import BackboneSettings, build_conv_base, halves, load_conv_base
from dogs_vs_cats.training.epochs import Source, banked
from dogs_vs_cats.training.loop import OnEpoch, Training, TrainingSettings, train
from dogs_vs_cats.training.trained import Pictures, Trained, augmented_source, plain_source
from dogs_vs_cats.training.view_bank import open_bank, pooled_bank


def feature_extraction(
    features: Path,
    weights: Path,
    backbone: BackboneSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Trained:
    """A head on features that were computed once, without augmentation.

    Args:
        features: folder with ``train.npy`` and ``validation.npy`` of ``conv_base`` features.
        weights: VGG16's weights.
        backbone: preprocessing and picture size of the features.
        settings: of the training.
        on_epoch: see :func:`dogs_vs_cats.training.loop.train`.
    """
    conv_base = load_conv_base(weights, backbone.image_size)
    head = build_head(conv_base.output.shape[1:], settings.dropout, backbone.preprocessing)
    training = train(
        head,
        _banked(features / "train.npy"),
        _banked(features / "validation.npy"),
        settings,
        on_epoch,
    )
    return _whole("feature_extraction", conv_base, head, backbone, training)


def frozen_base(
    pictures: Pictures,
    views: Path,
    weights: Path,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Trained:
    """A head on the frozen base, end to end on augmented pictures.

    With ``augmentation.views`` the frozen base has seen the augmented views before and their
    ``block4_pool`` is read from ``views``; without, every picture passes the whole network in
    every epoch. On equal views both give the same losses.
    """
    conv_base = load_conv_base(weights, backbone.image_size)
    head = build_head(conv_base.output.shape[1:], settings.dropout, backbone.preprocessing)
    if augmentation.views:
        _, block5 = halves(conv_base)
        # Of its own for each worker: they may train in one shared folder.
        name = f"pooled-views-{worker_number(tf.distribute.get_strategy())}"
        with scratch_directory(views.with_name(name)) as folder:

            def pooled(split: str) -> Source:
                bank, labels = open_bank(views / f"{split}.npy")
                return banked(pooled_bank(block5, bank, folder / f"{split}.npy"), labels)

            training = train(head, pooled("train"), pooled("validation"), settings, on_epoch)
    else:
        network = join(conv_base, head, backbone.preprocessing)
        training = _train_literally(network, pictures, backbone, augmentation, settings, on_epoch)
    return _whole("frozen_base", conv_base, head, backbone, training)


def fine_tuning(
    pictures: Pictures,
    views: Path,
    frozen_base_model: Path,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Trained:
    """``frozen_base``'s trained model with block 5 released, at a low learning rate.

    Starting from a trained head matters: an untrained one would send large gradients into block 5
    and destroy what it knows.
    """
    saved_base, saved_head = parts(load_whole_model(frozen_base_model))
    conv_base = build_conv_base(backbone.image_size)
    conv_base.set_weights(saved_base.get_weights())
    for layer in conv_base.layers:
        layer.trainable = layer.name.startswith("block5")
    head = build_head(conv_base.output.shape[1:], settings.dropout, backbone.preprocessing)
    head.set_weights(saved_head.get_weights())
    if augmentation.views:
        _, block5 = halves(conv_base)
        training = train(
            keras.Model(block5.input, head(block5.output)),
            _banked(views / "train.npy"),
            _banked(views / "validation.npy"),
            settings,
            on_epoch,
        )
    else:
        network = join(conv_base, head, backbone.preprocessing)
        training = _train_literally(network, pictures, backbone, augmentation, settings, on_epoch)
    return _whole("fine_tuning", conv_base, head, backbone, training)


def _train_literally(
    network: Any,
    pictures: Pictures,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Training:
    return train(
        network,
        augmented_source(pictures.train, backbone, augmentation),
        plain_source(pictures.validation, backbone),
        settings,
        on_epoch,
    )


def _whole(
    name: str, conv_base: Any, head: Any, backbone: BackboneSettings, training: Training
) -> Trained:
    return Trained(whole_model(name, join(conv_base, head, backbone.preprocessing)), training)


def _banked(path: Path) -> Source:
    return banked(*open_bank(path))
