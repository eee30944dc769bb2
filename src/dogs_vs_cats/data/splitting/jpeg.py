"""Whether a JPEG is whole: Pillow keeps the warnings of its decoder to itself."""

import simplejpeg


def jpeg_defect(content: bytes) -> str | None:
    """What libjpeg complains of in a JPEG, or None.

    Found are scans that end early, go on after the last line, or hold codes that stand for
    nothing. A JPEG has no checksum: bits that were changed into other valid codes are not found.

    Args:
        content: a JPEG that Pillow decodes.
    """
    if content[6:11] == b"JFIF\0":
        # Of revisions that it does not know libjpeg warns too, which says nothing of the picture.
        content = content[:11] + b"\1\1" + content[13:]
    try:
        # All codes are read, whatever is made of them: an eighth of the size in grey costs least.
        simplejpeg.decode_jpeg(content, "gray", min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        return str(error)
    return None
