"""From the bytes of a picture to its pixels, upright and in colour: the one way in."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import ExifTags, Image, UnidentifiedImageError

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3), RGB, 0 to 255."""

_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
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
        content: of a file in a format that Pillow knows, among them JPEG (grey, CMYK and YCCK too;
            MPO: its first picture), PNG, WebP, AVIF, BMP, GIF and TIFF (their first frame); HEIC
            with the extra ``heic``. Of 16 bits a channel the upper eight count.

    Raises:
        UnreadableError: it is none, or is damaged.
    """
    try:
        with Image.open(io.BytesIO(content)) as picture:
            orientation = _orientation(picture)
            if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
                # The decoder's settings are TensorFlow's own. Damage is for `split` to find.
                pixels: Pixels = simplejpeg.decode_jpeg(
                    content, "RGB", fastdct=True, strict=False
                )
            else:
                if picture.format == "TIFF":
                    orientation = 1  # Pillow turns it as it loads
                pixels = np.asarray(_in_colour(picture))
    except UnidentifiedImageError:
        raise UnreadableError("not a picture in a format that is read") from None
    except Exception as error:  # decoders raise nearly everything at damaged bytes
        raise UnreadableError(f"does not decode: {str(error) or type(error).__name__}") from None
    return _TURNS.get(orientation, lambda x: x)(pixels)


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
        raise ValueError(f"pixels of mode {picture.mode} have no known range")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")
