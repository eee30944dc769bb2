"""What ResNet brought: a path past every block.

He et al., 2015 (arXiv:1512.03385), section 4.2: their networks for CIFAR-10, plain and residual.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.evaluation.words import listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.brought.descent import kernel_gradients
from dogs_vs_cats.lesson.brought.lines import draw_lines
from dogs_vs_cats.visualization.drawing import Drawing

BLOCKS = 9
"""In each of three stages, of two convolutions each: with the first and the last layer 56."""
CHANNELS = (16, 32, 64)
"""Of the stages."""
CROPS, SIDE = 8, 32


def show() -> Drawing:
    """The gradients of four networks of 56 layers before any training."""
    crops, classes = photo_crops(), np.arange(CROPS) % 2
    with dtype_policy("float32"):
        gradients = {
            _name(skips, norm): kernel_gradients(build(skips, norm), crops, classes)
            for norm in (False, True)
            for skips in (False, True)
        }
    first = {name: norms[0] for name, norms in gradients.items()}
    growth = {name: norms[0] / norms[-2] for name, norms in gradients.items()}
    plain, residual = _name(False, True), _name(True, True)
    told = listed(
        _("{value:.2g} in {name}").format(value=value, name=name) for name, value in first.items()
    )
    return Drawing(
        name="architectures_skip",
        figure=draw_lines(gradients),
        title=_("Skip connections: gradients through 56 layers"),
        alt=_("Four lines: the gradient's norm by layer. At the first layer it is {told}.").format(
            told=told
        ),
        caption=_("""The networks of He et al. for CIFAR-10, on {crops} pieces of {side}×{side} of
            two photos, with Keras' own initial weights. Without normalisation hardly anything
            passes the plain network, forwards or backwards: the first layer's gradient is
            {plain:.0e}, and so small are all others, where the residual network's is
            {residual:.0f}. (Initial weights made for ReLU would mend that too: arXiv:1502.01852.)
            With batch normalisation nothing vanishes. From the last convolution back to the first
            the plain network's gradient grows {plain_growth:,.0f}-fold (as theory has it:
            arXiv:1902.08129), the residual one's {residual_growth:,.0f}-fold. So it is not
            vanishing gradients that hold deep plain networks with batch normalisation back, as the
            paper itself says (section 4.1): they are harder to optimise, and a path past every
            block makes that easier.""").format(
            crops=CROPS,
            side=SIDE,
            plain=first[_name(False, False)],
            residual=first[_name(True, False)],
            plain_growth=growth[plain],
            residual_growth=growth[residual],
        ),
        section="architectures",
    )


def _name(skips: bool, norm: bool) -> str:
    return {
        (False, False): _("plain without normalisation"),
        (False, True): _("plain with normalisation"),
        (True, False): _("ResNet without normalisation"),
        (True, True): _("ResNet with normalisation"),
    }[skips, norm]


def build(skips: bool, norm: bool) -> Any:
    """The network of 56 layers, always the same random weights.

    Args:
        skips: whether each block's input is added to its output. Where the channels double, every
            second pixel goes on, and zeros fill the new channels (option A).
        norm: whether batch normalisation follows each convolution.
    """
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def convolution(maps: Any, channels: int, strides: int = 1) -> Any:
        x = layers.Conv2D(channels, 3, strides, "same", use_bias=not norm)(maps)
        return layers.BatchNormalization()(x) if norm else x

    pictures = keras.Input((SIDE, SIDE, 3))
    maps = layers.ReLU()(convolution(pictures, CHANNELS[0]))
    for channels in CHANNELS:
        for _block in range(BLOCKS):
            strides = 1 if maps.shape[-1] == channels else 2
            x = layers.ReLU()(convolution(maps, channels, strides))
            x = convolution(x, channels)
            if skips:
                more = ((0, 0), (0, 0), (0, 0), (0, channels - maps.shape[-1]))
                x = layers.Add()([x, keras.ops.pad(maps[:, ::strides, ::strides], more)])
            maps = layers.ReLU()(x)
    classes = layers.Dense(10)(layers.GlobalAveragePooling2D()(maps))
    return keras.Model(pictures, classes)


def photo_crops() -> npt.NDArray[np.float32]:
    """Pieces of scikit-learn's two photos in turn, (8, 32, 32, 3), mean 0 and deviation 1."""
    from sklearn.datasets import load_sample_images

    photos, dice = load_sample_images().images, np.random.default_rng(0)
    pieces = []
    for place in range(CROPS):
        photo = photos[place % len(photos)]
        top, left = (dice.integers(side - SIDE) for side in photo.shape[:2])
        pieces.append(photo[top : top + SIDE, left : left + SIDE])
    crops: npt.NDArray[np.float32] = np.array(pieces, np.float32)
    crops -= crops.mean()
    crops /= crops.std()
    return crops
