"""Every network that can serve as a base: one line says all that this project must know of it.

``BACKBONES`` holds EfficientNet-Lite (:mod:`dogs_vs_cats.backbones.efficientnet_lite`) and all of
``keras.applications``. Where fine-tuning starts is the paper's last block or stage, or the last
cell or module of a network that is made of them. What is done with an entry stands in
:mod:`dogs_vs_cats.backbones.networks`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Scaling:
    """What a network does with pixels first: ``pixels * scale + offset``, for RGB or each alike."""

    scale: float | tuple[float, float, float] = 1.0
    offset: float | tuple[float, float, float] = 0.0
    bgr: bool = False
    """Whether the channels are reversed after it."""
    inside: bool = False
    """Whether the network itself goes on to scale what it gets."""


_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's training pixels
CAFFE = Scaling(offset=(-123.68, -116.779, -103.939), bgr=True)
TORCH = Scaling(
    scale=(1 / 255 / _DEVIATION[0], 1 / 255 / _DEVIATION[1], 1 / 255 / _DEVIATION[2]),
    offset=(-_MEAN[0] / _DEVIATION[0], -_MEAN[1] / _DEVIATION[1], -_MEAN[2] / _DEVIATION[2]),
)
SYMMETRIC = Scaling(1 / 127.5, -1.0)
LITE = Scaling(1 / 128, -127 / 128)
INSIDE = Scaling(inside=True)
# Keras' file for EfficientNet holds the deviation where its network expects the variance. Keras
# divides by its square root once more, but only in a network that it fetches the weights for
# itself. Here the same is done before the network, with what its means make of it.
_ROOTS = (0.229**-0.5, 0.224**-0.5, 0.225**-0.5)
EFFICIENTNET = Scaling(
    scale=_ROOTS,
    offset=(
        255 * _MEAN[0] * (1 - _ROOTS[0]),
        255 * _MEAN[1] * (1 - _ROOTS[1]),
        255 * _MEAN[2] * (1 - _ROOTS[2]),
    ),
    inside=True,
)


@dataclass(frozen=True)
class Backbone:
    """A network without its top."""

    name: str
    cut: tuple[str, ...]
    """Layer whose output fine-tuning starts from. Several, for a block that reads several: their
    outputs are joined along the channels."""
    scaling: Scaling
    reference: str
    keras_name: str = ""
    """In ``keras.applications``; empty: the network is not there."""
    smallest: int = 32
    """Side of the smallest pictures that it takes, in pixels."""
    pooling: Literal["flatten", "average"] = "average"
    """What a head does with the maps, unless told otherwise."""
    feature_scale: float = 1.0
    """What a head multiplies the features with; see :mod:`dogs_vs_cats.models.head`."""
    near_duplicate_cosine: float | None = None
    """From which on the features of two pictures are those of near-duplicates; see
    ``evaluate.near_duplicate_cosine`` in ``params.yaml``. ``None``: it was not measured."""

    @property
    def title(self) -> str:
        """The name as its authors write it: ``EfficientNet-Lite0``, ``ResNet50V2``."""
        return self.keras_name or self.name.replace("efficientnet_lite", "EfficientNet-Lite")

    @property
    def carried(self) -> bool:
        """Whether the weights come with the set-up."""
        return self.name == "vgg16" or not self.keras_name


def _family(
    keras_names: Mapping[str, str | tuple[str, ...]],
    scaling: Scaling,
    reference: str,
    smallest: int = 32,
    **others: Any,
) -> Sequence[Backbone]:
    """Backbones of one paper, of the name in ``keras.applications`` and the cut of each."""
    return [
        Backbone(
            _snake_case(keras_name),
            (cut,) if isinstance(cut, str) else cut,
            scaling,
            reference,
            keras_name,
            smallest,
            **others,
        )
        for keras_name, cut in keras_names.items()
    ]


def _snake_case(keras_name: str) -> str:
    """``ResNet50V2`` is ``resnet50_v2``, ``MobileNetV3Large`` is ``mobilenet_v3_large``."""
    return re.sub(
        r"(?<=[a-z0-9])(?=V\d)|(?<=V\d)(?=[A-Z])|(?<=Net)(?=B\d|[LM][a-z])|(?<=NeXt)"
        r"|(?<=Inception)(?=ResNet)",
        "_",
        keras_name,
    ).lower()


BACKBONES: Mapping[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        *_family(
            {"VGG16": "block4_pool", "VGG19": "block4_pool"},
            CAFFE,
            "Simonyan & Zisserman 2014, arXiv:1409.1556",
            pooling="flatten",
            feature_scale=1 / 64,
            near_duplicate_cosine=0.92,
        ),
        *(
            Backbone(
                f"efficientnet_lite{variant}",
                (cut,),
                LITE,
                "Tan & Le 2019, arXiv:1905.11946; the Lite variant",
                near_duplicate_cosine=cosine,
            )
            for variant, (cut, cosine) in enumerate(
                (("block6d_add", 0.88), ("block6e_add", 0.88), ("block6e_add", 0.91))
            )
        ),
        *_family(
            {
                "ResNet50": "conv4_block6_out",
                "ResNet101": "conv4_block23_out",
                "ResNet152": "conv4_block36_out",
            },
            CAFFE,
            "He et al. 2015, arXiv:1512.03385",
        ),
        *_family(
            {
                "ResNet50V2": "conv4_block6_out",
                "ResNet101V2": "conv4_block23_out",
                "ResNet152V2": "conv4_block36_out",
            },
            SYMMETRIC,
            "He et al. 2016, arXiv:1603.05027",
        ),
        *_family({"InceptionV3": "mixed9"}, SYMMETRIC, "Szegedy et al. 2015, arXiv:1512.00567", 75),
        *_family(
            {"InceptionResNetV2": "block8_9_ac"},
            SYMMETRIC,
            "Szegedy et al. 2016, arXiv:1602.07261",
            75,
        ),
        *_family({"Xception": "add_11"}, SYMMETRIC, "Chollet 2016, arXiv:1610.02357", 71),
        *_family(
            {"MobileNet": "conv_pw_12_relu"}, SYMMETRIC, "Howard et al. 2017, arXiv:1704.04861"
        ),
        *_family(
            {"MobileNetV2": "block_15_add"}, SYMMETRIC, "Sandler et al. 2018, arXiv:1801.04381"
        ),
        *_family(
            {
                "MobileNetV3Small": "expanded_conv_9_add",
                "MobileNetV3Large": "expanded_conv_13_add",
            },
            INSIDE,
            "Howard et al. 2019, arXiv:1905.02244",
        ),
        *_family(
            {
                "DenseNet121": "pool4_pool",
                "DenseNet169": "pool4_pool",
                "DenseNet201": "pool4_pool",
            },
            TORCH,
            "Huang et al. 2016, arXiv:1608.06993",
        ),
        *_family(
            {  # a cell reads the outputs of two before it
                "NASNetMobile": ("normal_concat_11", "normal_concat_10"),
                "NASNetLarge": ("normal_concat_17", "normal_concat_16"),
            },
            SYMMETRIC,
            "Zoph et al. 2017, arXiv:1707.07012",
        ),
        *_family(
            {
                "EfficientNetB0": "block6d_add",
                "EfficientNetB1": "block6e_add",
                "EfficientNetB2": "block6e_add",
                "EfficientNetB3": "block6f_add",
                "EfficientNetB4": "block6h_add",
                "EfficientNetB5": "block6i_add",
                "EfficientNetB6": "block6k_add",
                "EfficientNetB7": "block6m_add",
            },
            EFFICIENTNET,
            "Tan & Le 2019, arXiv:1905.11946",
        ),
        *_family(
            {
                "EfficientNetV2B0": "block5e_add",
                "EfficientNetV2B1": "block5f_add",
                "EfficientNetV2B2": "block5f_add",
                "EfficientNetV2B3": "block5g_add",
                "EfficientNetV2S": "block5i_add",
                "EfficientNetV2M": "block6r_add",
                "EfficientNetV2L": "block6y_add",
            },
            INSIDE,
            "Tan & Le 2021, arXiv:2104.00298",
        ),
        *_family(
            {
                f"ConvNeXt{size}": f"convnext_{size.lower()}_downsampling_block_2"
                for size in ("Tiny", "Small", "Base", "Large", "XLarge")
            },
            INSIDE,
            "Liu et al. 2022, arXiv:2201.03545",
        ),
    )
}
"""Each by its name."""
