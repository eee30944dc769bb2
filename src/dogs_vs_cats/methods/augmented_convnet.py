"""The small convnet with dropout, learned from scratch on pictures augmented anew in every epoch.

It sees no picture twice, so it learns longer before it knows them by heart: turned, shifted,
sheared, zoomed and mirrored at random, as the section ``augmentation`` says.

The lecture (7.1, dogs and cats; notebook ``gbmax/open``, after F. Chollet, *Deep Learning with
Python*, chapter 5) reports 82 %.
"""

from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.models.saved import Description, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet, pooling_first
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.inputs import augmented_pictures, plain_pictures
from dogs_vs_cats.training.loop import OnEpoch, train
from dogs_vs_cats.training.result import Trained


def learn(layout: Layout, params: Params, on_epoch: OnEpoch) -> Trained:
    """Train it (see :mod:`dogs_vs_cats.methods`)."""
    settings = params.method("augmented_convnet")
    classes, size = read_classes(layout.classes), params.backbone.image_size
    training = augmented_pictures(layout.splits / "train", classes, size, params.augmentation)
    validation = plain_pictures(layout.splits / "validation", classes, size)
    model = build_small_convnet(size, len(classes), settings.dropout)
    learner = pooling_first(model)
    reached = train(learner, training, validation, settings, on_epoch)
    model.set_weights(learner.get_weights())
    about = Description("augmented_convnet", classes, size, "rescale")
    return Trained(whole_model(about.method, model), reached, about)
