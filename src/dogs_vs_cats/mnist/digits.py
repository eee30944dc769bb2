"""The digits and how they are stored.

MNIST (Y. LeCun, C. Cortes and C. J. C. Burges) is 60,000 and 10,000 grey pictures of 28×28 pixels.
Without it, scikit-learn's own digits stand in, which come with the package: 1,797 of 8×8 pixels
(E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI, 1998).
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file

SIDE = 28
"""Of the digits, in pixels."""
CLASSES = tuple("0123456789")
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""What ``mnist.npz`` of Keras holds: uint8 pictures (n, 28, 28) and labels (n,)."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_VALIDATION = 12
"""One in so many of the training digits, the last, chooses the epoch: 5,000 of MNIST's."""

Arrays = Mapping[str, npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class Digits:
    """The digits of a split."""

    pictures: npt.NDArray[np.uint8]
    """Shape (n, 28, 28): 0 is paper, 255 is ink."""
    labels: npt.NDArray[np.int32]
    """Shape (n,), 0 to 9."""


def digest(arrays: Arrays) -> str:
    """SHA-256 over shapes and values in the order of :data:`ARRAYS`, 64 hexadecimal digits."""
    content = hashlib.sha256()
    for name in ARRAYS:
        content.update(f"{name}{arrays[name].shape}".encode())
        content.update(arrays[name].tobytes())
    return content.hexdigest()


def write_digits(path: Path, arrays: Arrays) -> dict[Split, int]:
    """Write the three splits as one ``.npz``; equal digits give equal bytes. The sizes of each."""
    train = len(arrays["x_train"]) - -(-len(arrays["x_train"]) // _VALIDATION)
    splits: dict[Split, tuple[Any, Any]] = {
        "train": (arrays["x_train"][:train], arrays["y_train"][:train]),
        "validation": (arrays["x_train"][train:], arrays["y_train"][train:]),
        "test": (arrays["x_test"], arrays["y_test"]),
    }
    for split, (_, labels) in splits.items():
        missing = set(range(len(CLASSES))) - set(labels.tolist())
        if missing:
            raise PipelineError(
                f"Split {split} would hold no {min(missing)} among its {len(labels)} digits. Use"
                f" whole MNIST or source: digits (mnist/params.yaml)."
            )
    with whole_file(path) as temporary:
        np.savez_compressed(
            temporary,
            **{f"{split}_pictures": pictures for split, (pictures, _) in splits.items()},
            **{f"{split}_labels": labels for split, (_, labels) in splits.items()},
        )
    return {split: len(labels) for split, (_, labels) in splits.items()}


def read_digits(path: Path, split: Split) -> Digits:
    """A split of what :func:`write_digits` wrote.

    Raises:
        PipelineError: the file is missing or another one.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            labels = stored[f"{split}_labels"].astype(np.int32)
            return Digits(stored[f"{split}_pictures"], labels)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PipelineError(
            f"{path} cannot be read: {error}. Run `dvc repro mnist/dvc.yaml:digits`."
        ) from None


def of_scikit_learn() -> Arrays:
    """scikit-learn's digits, enlarged to 20×20 in the middle of 28×28; the last fifth to test."""
    from sklearn.datasets import load_digits

    small = load_digits()
    # Sixteen levels to 255. MNIST's digits fill 20×20 in the middle as well.
    scaled = np.round(small.images * (255 / 16)).astype(np.uint8)
    box, margin = 20, (SIDE - 20) // 2
    pictures = np.zeros((len(scaled), SIDE, SIDE), np.uint8)
    for whole, digit in zip(pictures, scaled, strict=True):
        enlarged = Image.fromarray(digit).resize((box, box), Image.Resampling.BICUBIC)
        whole[margin : margin + box, margin : margin + box] = np.asarray(enlarged)
    labels, test = small.target.astype(np.uint8), len(pictures) // 5
    return {
        "x_train": pictures[:-test],
        "y_train": labels[:-test],
        "x_test": pictures[-test:],
        "y_test": labels[-test:],
    }
