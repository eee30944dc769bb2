"""JPEGs by libjpeg itself, whose warnings Pillow keeps to itself."""

import io

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image


def decode_jpeg(content: bytes) -> npt.NDArray[np.uint8]:
    """The stored pixels of a JPEG, as viewers show them: where codes are damaged, as good as it is.

    They are those of ``tf.io.decode_image``, bit for bit.

    Args:
        content: a JPEG of mode RGB or L.

    Returns:
        uint8 of shape (height, width, 3), RGB.

    Raises:
        ValueError, OSError: the file is cut short, or is damaged beyond some codes.
    """
    content = _of_known_revision(content)
    try:
        return _rgb(content, strict=True)
    except ValueError:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()  # which raises if the complaint was of more than some codes
    return _rgb(content, strict=False)


def jpeg_defect(content: bytes) -> str | None:
    """What libjpeg complains of in a JPEG, or None.

    Found are scans that end early, go on after the last line, or hold codes that stand for
    nothing. A JPEG has no checksum: bits that were changed into other valid codes are not found.

    Args:
        content: a JPEG that Pillow decodes.
    """
    try:
        # All codes are read, whatever is made of them: an eighth of the size in grey costs least.
        simplejpeg.decode_jpeg(
            _of_known_revision(content), "gray", min_height=1, min_width=1, min_factor=8
        )
    except ValueError as error:
        return str(error)
    return None


def _rgb(content: bytes, strict: bool) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(
        content, "RGB", fastdct=True, strict=strict
    )
    return pixels


def _of_known_revision(content: bytes) -> bytes:
    """libjpeg warns of JFIF revisions that it does not know, which says nothing of the picture."""
    return content[:11] + b"\1\1" + content[13:] if content[6:11] == b"JFIF\0" else content
