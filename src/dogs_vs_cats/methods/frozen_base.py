"""A head on VGG16's frozen base, learned end to end on augmented pictures.

With ``augmentation.views`` the base has seen the views before (stage ``views``) and the head learns
from what it made of them; with 0 every picture passes the whole network in every epoch, as in the
lecture. On equal views both give the same losses.

The lecture (7.1, dogs and cats; notebook ``gbmax/open``, after F. Chollet, *Deep Learning with
Python*, chapter 5) reports that it resists overfitting.
"""

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.features.pooled import pooled_views
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import Description, whole_model
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.inputs import augmented_pictures, plain_pictures
from dogs_vs_cats.training.loop import OnEpoch, train
from dogs_vs_cats.training.result import Trained


def learn(layout: Layout, params: Params, on_epoch: OnEpoch) -> Trained:
    """Train it (see :mod:`dogs_vs_cats.methods`)."""
    settings, backbone = params.method("frozen_base"), params.backbone
    classes, size = read_classes(layout.classes), backbone.image_size
    conv_base = load_conv_base(layout.weights, backbone)
    head = build_head(conv_base, len(classes), settings.dropout, backbone, params.head)
    network = join(conv_base, head, backbone)
    if params.augmentation.views:
        with pooled_views(conv_base, layout.views, ("train", "validation")) as pooled:
            training, validation = banked(*pooled["train"]), banked(*pooled["validation"])
            reached = train(head, training, validation, settings, on_epoch)
    else:
        training = augmented_pictures(layout.splits / "train", classes, size, params.augmentation)
        validation = plain_pictures(layout.splits / "validation", classes, size)
        reached = train(network, training, validation, settings, on_epoch)
    about = Description("frozen_base", classes, size, backbone.preprocessing)
    return Trained(whole_model(about.method, network), reached, about)
