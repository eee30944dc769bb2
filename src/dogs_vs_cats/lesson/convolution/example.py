"""An X and an O of 9×9 pixels, three filters, and what the layers of the methods make of them.

The example is a well-known one (Rohrer, "How do Convolutional Neural Networks work?", 2016), as
the lecture tells it. Its numbers are computed here: every map is what a Keras layer answers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.language.catalogue import mark

Map = npt.NDArray[np.float32]
"""Shape (height, width)."""
Maps = npt.NDArray[np.float32]
"""Shape (height, width, channels)."""
Kernels = npt.NDArray[np.float32]
"""Shape (height, width, channels, filters)."""

POOL = 2


def _from_text(rows: str) -> Map:
    """A picture from rows of # (ink, 1) and . (paper, -1)."""
    cells = [[1.0 if cell == "#" else -1.0 for cell in row] for row in rows.split()]
    return np.array(cells, np.float32)


PICTURES = {
    "X": _from_text("""
        .........
        .#.....#.
        ..#...#..
        ...#.#...
        ....#....
        ...#.#...
        ..#...#..
        .#.....#.
        .........
    """),
    "O": _from_text("""
        .........
        ...###...
        ..#...#..
        .#.....#.
        .#.....#.
        .#.....#.
        ..#...#..
        ...###...
        .........
    """),
}

_FALLING = 2 * np.eye(3, dtype=np.float32) - 1
FILTERS = {
    mark("falling diagonal"): _FALLING,
    mark("centre cross"): np.maximum(_FALLING, _FALLING[:, ::-1]),
    mark("rising diagonal"): _FALLING[:, ::-1],
}


def convolve(picture: Map, strides: int = 1, padding: str = "valid") -> Maps:
    """What a Keras convolution with :data:`FILTERS` answers.

    Each filter is divided by its number of cells, so that a perfect match on a picture of ±1
    gives 1 and a perfect mismatch -1.

    Args:
        picture: (height, width).
        strides: pixels from one place of the filter to the next.
        padding: ``valid``, none; ``same``, zeros around the picture.

    Returns:
        float32 (height, width, filters).
    """
    scaled = [each / each.size for each in FILTERS.values()]
    kernels = np.stack(scaled, axis=-1)[:, :, None].astype(np.float32)
    return convolve_maps(picture[..., None], kernels, strides=strides, padding=padding)


def convolve_maps(
    maps: Maps,
    kernels: Kernels,
    biases: Map | None = None,
    strides: int = 1,
    padding: str = "valid",
) -> Maps:
    """What a Keras convolution over several channels answers.

    Args:
        maps: (height, width, channels).
        kernels: (side, side, channels, filters).
        biases: (filters,); none by default.
        strides: pixels from one place of the filter to the next.
        padding: ``valid``, none; ``same``, zeros around the picture.

    Returns:
        float32 (height, width, filters).
    """
    layer = keras.layers.Conv2D(
        kernels.shape[-1],
        kernels.shape[:2],
        strides,
        padding,
        use_bias=biases is not None,
        dtype="float32",
    )
    return _answer(layer, maps, [kernels] if biases is None else [kernels, biases])


def rectify(maps: Maps) -> Maps:
    """What Keras' ReLU answers; float32 of the same shape."""
    return _answer(keras.layers.ReLU(dtype="float32"), maps)


def pool(maps: Maps, padding: str = "valid") -> Maps:
    """What Keras' 2×2 max pooling answers to (height, width, channels), about half as high and
    wide."""
    return _answer(keras.layers.MaxPooling2D(POOL, padding=padding, dtype="float32"), maps)


def _answer(layer: Any, picture: Maps, weights: Sequence[Any] = ()) -> Maps:
    """What a layer with these weights answers to one picture (height, width, channels)."""
    layer.build((None, *picture.shape))
    layer.set_weights(list(weights))
    return np.asarray(layer(picture[None])[0], np.float32)
