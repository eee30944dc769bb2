"""Fast feature extraction: a head on what VGG16's convolutional base makes of each picture, once.

The base's features of all pictures are computed before (stage ``features``); a dense layer of 256
with dropout and the output are trained on them in seconds. Nothing is augmented.

The lecture (7.1, dogs and cats; notebook ``gbmax/open``, after F. Chollet, *Deep Learning with
Python*, chapter 5) reports 90 % on the validation pictures.
"""

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import Description, whole_model
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.loop import OnEpoch, train
from dogs_vs_cats.training.result import Trained


def learn(layout: Layout, params: Params, on_epoch: OnEpoch) -> Trained:
    """Train it (see :mod:`dogs_vs_cats.methods`)."""
    settings, backbone = params.method("feature_extraction"), params.backbone
    classes, size = read_classes(layout.classes), backbone.image_size
    training = banked(*open_bank(layout.features / "train.npy"))
    validation = banked(*open_bank(layout.features / "validation.npy"))
    conv_base = load_conv_base(layout.weights, backbone)
    head = build_head(conv_base, len(classes), settings.dropout, backbone, params.head)
    reached = train(head, training, validation, settings, on_epoch)
    network = join(conv_base, head, backbone)
    about = Description("feature_extraction", classes, size, backbone.preprocessing)
    return Trained(whole_model(about.method, network), reached, about)
