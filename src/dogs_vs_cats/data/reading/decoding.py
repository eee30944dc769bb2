"""From the bytes of a picture to its pixels, upright and in colour: the one way in."""

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from dogs_vs_cats.data.reading.jpeg import decode_jpeg

# Of odd metadata and large pictures, to a terminal. What matters of it is an error here.
warnings.filterwarnings("ignore", module=r"PIL\.")

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3), RGB, 0 to 255."""

FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM")
"""What is read, as Pillow names it. Pillow knows more: drawings, that it has another program run
(EPS), and icons of several pictures."""

with contextlib.suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()
    FORMATS += ("HEIF",)

_HEIF_BRANDS = (b"hei", b"hev", b"mif1", b"msf1")
"""ISO/IEC 23008-12: how the fourth to seventh byte after ``ftyp`` begin."""

MAX_PIXELS = 89_478_485
"""More are not decoded: a quarter of a gigabyte at three bytes each, Pillow's own limit."""

_TURNS: dict[Any, Callable[[Pixels], Pixels]] = {
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.transpose(1, 0, 2),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: x.transpose(1, 0, 2)[::-1, ::-1],
    8: np.rot90,
}
"""EXIF 2.32, tag Orientation: what brings stored pixels upright; 1 is upright already."""


class UnreadableError(ValueError):
    """Bytes of which no picture can be made; the message says why."""


def upright(content: bytes) -> Pixels:
    """The pixels of a picture as a viewer shows it: turned upright, in colour, over white.

    Args:
        content: of a file in one of :data:`FORMATS`: JPEG (grey, CMYK and YCCK too; of several
            pictures in a file the first), PNG, WebP, AVIF, BMP, PPM, GIF and TIFF (their first
            frame); HEIC with the extra ``heic``. Of 16 bits a channel the upper eight count.

    Returns:
        Maybe a view that is not contiguous, or cannot be written to.

    Raises:
        UnreadableError: it is none, is cut short or damaged, has more than :data:`MAX_PIXELS`, or
            has pixels without a known range (32 bits a channel).
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
                pixels = decode_jpeg(content)
            else:
                pixels = np.asarray(_in_colour(picture))
            # Asked after loading, for which Pillow turns a TIFF by itself and no longer tells it.
            turn = _TURNS.get(_orientation(picture))
            return turn(pixels) if turn else pixels
    except UnidentifiedImageError:
        raise UnreadableError(_unidentified(content)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableError(f"has more than {MAX_PIXELS:,} pixels") from None
    except Exception as error:  # decoders raise nearly everything at damaged bytes
        raise UnreadableError(f"does not decode: {str(error) or type(error).__name__}") from None


def _orientation(picture: Image.Image) -> Any:
    """EXIF's number, 1 to 8; anything else where it is not told, or told in damaged EXIF."""
    try:
        return picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # as viewers do: what cannot be read says nothing
        return None


def _in_colour(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        # Whole numbers to 2³²-1, heights, degrees: whatever is made white is a guess, and another
        # one for each picture would change its brightness.
        raise ValueError("its pixels of 32 bits a channel have no known range; save it with 8 bits")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def _unidentified(content: bytes) -> str:
    if content[4:8] == b"ftyp" and content[8:].startswith(_HEIF_BRANDS) and "HEIF" not in FORMATS:
        return 'HEIC needs an extra: run `pip install -e ".[heic]"` in the checkout'
    return "not a picture in a format that is read"
