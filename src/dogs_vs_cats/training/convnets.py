"""The two methods that learn from scratch: the small convnet, without and with augmentation."""

from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.models.classifiers import build_small_convnet, whole_model
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.training.epochs import Source
from dogs_vs_cats.training.loop import OnEpoch, TrainingSettings, train
from dogs_vs_cats.training.trained import Pictures, Trained, augmented_source, plain_source


def small_convnet(
    pictures: Pictures, backbone: BackboneSettings, settings: TrainingSettings, on_epoch: OnEpoch
) -> Trained:
    """A small convnet from scratch, on the pictures as they are."""
    source = plain_source(pictures.train, backbone)
    return _convnet("small_convnet", source, pictures, backbone, settings, on_epoch)


def augmented_convnet(
    pictures: Pictures,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Trained:
    """The same convnet, on pictures augmented anew in every epoch."""
    source = augmented_source(pictures.train, backbone, augmentation)
    return _convnet("augmented_convnet", source, pictures, backbone, settings, on_epoch)


def _convnet(
    name: str,
    source: Source,
    pictures: Pictures,
    backbone: BackboneSettings,
    settings: TrainingSettings,
    on_epoch: OnEpoch,
) -> Trained:
    model = build_small_convnet(backbone.image_size, settings.dropout)
    training = train(model, source, plain_source(pictures.validation, backbone), settings, on_epoch)
    return Trained(whole_model(name, model), training)
