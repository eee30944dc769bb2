"""``frozen_base``'s trained model with VGG16's last three convolutions released, tuned gently.

Starting from a trained head matters: an untrained one would send large gradients into block 5 and
destroy what it knows. With ``augmentation.views`` blocks 1 to 4 have seen the views before (stage
``views``) and block 5 and the head learn from what those made of them; with 0 every picture passes
the whole network in every epoch.

The lecture (7.1, dogs and cats; notebook ``gbmax/open``, after F. Chollet, *Deep Learning with
Python*, chapter 5) reports that the accuracy holds.
"""

from dogs_vs_cats.backbones.networks import build, halves, release
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.models.head import build_head, join, parts
from dogs_vs_cats.models.saved import Description, load_whole_model, whole_model
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.filter_gradients import with_product_gradients
from dogs_vs_cats.training.inputs import augmented_pictures, plain_pictures
from dogs_vs_cats.training.loop import OnEpoch, train
from dogs_vs_cats.training.result import Trained


def learn(layout: Layout, params: Params, on_epoch: OnEpoch) -> Trained:
    """Train it (see :mod:`dogs_vs_cats.methods`)."""
    settings, backbone = params.method("fine_tuning"), params.backbone
    classes, size = read_classes(layout.classes), backbone.image_size
    saved_base, saved_head = parts(load_whole_model(layout.model("frozen_base")))
    conv_base = build(backbone.name, size)
    conv_base.set_weights(saved_base.get_weights())
    release(conv_base)
    head = build_head(conv_base, len(classes), settings.dropout, backbone, params.head)
    head.set_weights(saved_head.get_weights())
    network = join(conv_base, head, backbone)
    if params.augmentation.views:
        _, upper = halves(conv_base)
        maps = keras.Input(upper.input.shape[1:])
        learner = with_product_gradients(upper)
        released = keras.Model(maps, head(learner(maps, training=False)))
        training = banked(*open_bank(layout.views / "train.npy"))
        validation = banked(*open_bank(layout.views / "validation.npy"))
        reached = train(released, training, validation, settings, on_epoch)
        upper.set_weights(learner.get_weights())
    else:
        training = augmented_pictures(layout.splits / "train", classes, size, params.augmentation)
        validation = plain_pictures(layout.splits / "validation", classes, size)
        reached = train(network, training, validation, settings, on_epoch)
    about = Description("fine_tuning", classes, size, backbone.preprocessing)
    return Trained(whole_model(about.method, network), reached, about)
