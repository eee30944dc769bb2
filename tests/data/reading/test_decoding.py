"""Each format, mode and orientation against the pixels that a viewer shows."""

import contextlib
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt
import pytest
from conftest import jpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading import decoding
from dogs_vs_cats.data.reading.decoding import UnreadableError, upright

# pytest undoes the module's own filter.
pytestmark = pytest.mark.filterwarnings(r"ignore:::PIL\.")

Array = npt.NDArray[Any]
# Four colours, one a corner, in 16 × 24 pixels: no turn or mirror image of it is like another.
CORNERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]], np.uint8)
SCENE = CORNERS.repeat(16, axis=0).repeat(24, axis=1)
GREY = np.array([[0, 85], [170, 255]], np.uint8).repeat(16, axis=0).repeat(24, axis=1)


def encoded(picture: Image.Image | Array, form: str, **options: Any) -> bytes:
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def in_grey(pixels: Array) -> Array:
    return np.repeat(pixels[..., None], 3, axis=2)


def png(pixels: Array, colour_type: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of 16 bits a channel, which Pillow does not write in colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
        + b"".join(chunk(*each) for each in chunks)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def ycck() -> bytes:
    """A JPEG as Photoshop writes it for print: Pillow's CMYK, but in YCbCr and K, and inverted."""
    cmyk = np.asarray(Image.fromarray(SCENE).convert("CMYK"))
    # YCCK holds the YCbCr of 255 - CMY; Adobe's files hold inverted inks, so of the inks.
    ycc = np.asarray(Image.fromarray(cmyk[..., :3]).convert("YCbCr"))
    # Written as CMYK, Pillow inverts what it is given.
    stored = np.dstack([255 - ycc, cmyk[..., 3]])
    content = encoded(Image.fromarray(stored, "CMYK"), "JPEG", quality=100, subsampling=0)
    marker = content.index(b"Adobe\0") + 11
    assert content[marker] == 0  # CMYK
    return content[:marker] + b"\2" + content[marker + 1 :]


def exif(orientation: Any) -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    return made


LOSSLESS: dict[str, tuple[bytes, Array]] = {
    "PNG": (encoded(SCENE, "PNG"), SCENE),
    "PNG, grey": (encoded(GREY, "PNG"), in_grey(GREY)),
    "PNG, black and white": (
        encoded(Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE), "PNG"),
        in_grey(np.where(GREY < 128, 0, 255).astype(np.uint8)),
    ),
    "PNG, palette": (encoded(Image.fromarray(SCENE).quantize(4), "PNG"), SCENE),
    "PNG, palette, one colour transparent": (
        encoded(Image.fromarray(GREY).convert("P"), "PNG", transparency=0),
        in_grey(np.where(GREY == 0, 255, GREY)),
    ),
    "PNG, colour key": (
        encoded(SCENE, "PNG", transparency=(255, 0, 0)),
        np.where((SCENE == (255, 0, 0)).all(axis=-1, keepdims=True), np.uint8(255), SCENE),
    ),
    "PNG, alpha over white": (
        encoded(np.dstack([SCENE, np.full_like(GREY, 102)]), "PNG"),
        np.where(SCENE == 255, 255, 153).astype(np.uint8),
    ),
    "PNG, grey and alpha": (
        encoded(Image.merge("LA", [Image.fromarray(np.zeros_like(GREY)), Image.fromarray(GREY)]),
                "PNG"),
        in_grey(255 - GREY),
    ),
    "PNG, grey of 16 bits": (
        encoded(GREY.astype(np.uint16) * 256 + 200, "PNG"),
        in_grey(GREY),
    ),
    "PNG, colour of 16 bits": (png(SCENE.astype(np.uint16) * 256 + 200, 2), SCENE),
    "PNG, colour and alpha of 16 bits": (
        png(np.dstack([SCENE, np.full_like(GREY, 255)]).astype(np.uint16) * 256 + 200, 6),
        SCENE,
    ),
    "PNG, grey and alpha of 16 bits": (
        png(np.dstack([np.zeros_like(GREY), GREY]).astype(np.uint16) * 257, 4),
        in_grey(255 - GREY),
    ),
    "WebP, lossless": (encoded(SCENE, "WEBP", lossless=True), SCENE),
    "WebP, alpha over white": (
        encoded(np.dstack([SCENE, np.full_like(GREY, 102)]), "WEBP", lossless=True),
        np.where(SCENE == 255, 255, 153).astype(np.uint8),
    ),
    "WebP, first frame": (
        encoded(SCENE, "WEBP", lossless=True, save_all=True,
                append_images=[Image.fromarray(SCENE[::-1])]),
        SCENE,
    ),
    "GIF": (encoded(SCENE, "GIF"), SCENE),
    "GIF, first frame": (
        encoded(SCENE, "GIF", save_all=True, append_images=[Image.fromarray(SCENE[::-1])]),
        SCENE,
    ),
    "GIF, transparent": (
        encoded(Image.fromarray(GREY).convert("P"), "GIF", transparency=0),
        in_grey(np.where(GREY == 0, 255, GREY)),
    ),
    "TIFF": (encoded(SCENE, "TIFF"), SCENE),
    "TIFF, compressed": (encoded(SCENE, "TIFF", compression="tiff_lzw"), SCENE),
    "TIFF, first page": (
        encoded(SCENE, "TIFF", save_all=True, append_images=[Image.fromarray(SCENE[::-1])]),
        SCENE,
    ),
    "TIFF, grey of 16 bits": (
        encoded(GREY.astype(np.uint16) * 256 + 200, "TIFF"),
        in_grey(GREY),
    ),
    "TIFF, CMYK": (encoded(Image.fromarray(SCENE).convert("CMYK"), "TIFF"), SCENE),
    "TIFF, palette": (encoded(Image.fromarray(SCENE).quantize(4), "TIFF"), SCENE),
    "BMP": (encoded(SCENE, "BMP"), SCENE),
    "BMP, palette": (encoded(Image.fromarray(SCENE).quantize(4), "BMP"), SCENE),
    "PPM": (encoded(SCENE, "PPM"), SCENE),
    "PGM": (encoded(GREY, "PPM"), in_grey(GREY)),
}  # fmt: skip

LOSSY: dict[str, tuple[bytes, Array]] = {
    "JPEG": (encoded(SCENE, "JPEG", quality=100), SCENE),
    "JPEG, progressive": (encoded(SCENE, "JPEG", quality=100, progressive=True), SCENE),
    "JPEG, stored as RGB": (encoded(SCENE, "JPEG", quality=100, keep_rgb=True), SCENE),
    "JPEG, grey": (encoded(GREY, "JPEG", quality=100), in_grey(GREY)),
    "JPEG, CMYK": (encoded(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=100), SCENE),
    "JPEG, YCCK": (ycck(), SCENE),
    "JPEG, several pictures (MPO)": (
        encoded(SCENE, "MPO", quality=100, save_all=True,
                append_images=[Image.fromarray(SCENE[::-1])]),
        SCENE,
    ),
    "WebP": (encoded(SCENE, "WEBP", quality=100), SCENE),
    "AVIF": (encoded(SCENE, "AVIF", quality=100, subsampling="4:4:4"), SCENE),
    "AVIF, alpha over white": (
        encoded(np.dstack([SCENE, np.full_like(GREY, 102)]), "AVIF", quality=100,
                subsampling="4:4:4"),
        np.where(SCENE == 255, 255, 153).astype(np.uint8),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSLESS)
def test_what_is_stored_without_loss_comes_back_exactly(name: str) -> None:
    content, expected = LOSSLESS[name]
    pixels = upright(content)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)


def inner(pixels: Array) -> Array:
    """All but the edges between the colours, over which lossy formats spread their colour."""
    rows, columns = (np.arange(side) % (side // 2) for side in pixels.shape[:2])
    far = (np.abs(index - (index.max() / 2)) <= 4 for index in (rows, columns))
    return pixels[np.ix_(*far)]


@pytest.mark.parametrize("name", LOSSY)
def test_what_is_stored_with_loss_comes_back_nearly(name: str) -> None:
    content, expected = LOSSY[name]
    pixels = upright(content)
    assert pixels.dtype == np.uint8
    assert pixels.shape == expected.shape
    np.testing.assert_allclose(inner(pixels).astype(int), inner(expected), atol=6)


# What a program that knows nothing of orientation sees, for each number: EXIF 2.32 says at which
# side of the scene its first row and first column lie.
STORED: dict[int, Callable[[Array], Array]] = {
    1: lambda scene: scene,
    2: lambda scene: scene[:, ::-1],
    3: lambda scene: scene[::-1, ::-1],
    4: lambda scene: scene[::-1],
    5: lambda scene: scene.transpose(1, 0, 2),
    6: lambda scene: scene.transpose(1, 0, 2)[::-1],
    7: lambda scene: scene.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda scene: scene.transpose(1, 0, 2)[:, ::-1],
}
FORMS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100},
    "MPO": {"quality": 100},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "TIFF, compressed": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_turned_upright_once(form: str, orientation: int) -> None:
    stored = np.ascontiguousarray(STORED[orientation](SCENE))
    # Pillow's AVIF, as phones', stores the turn beside the pixels and not in EXIF.
    content = encoded(stored, form.split(",")[0], exif=exif(orientation), **FORMS[form])
    pixels = upright(content)
    assert pixels.shape == SCENE.shape
    np.testing.assert_allclose(inner(pixels).astype(int), inner(SCENE), atol=6)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_pictures_of_16_bits_are_turned_too(form: str, orientation: int) -> None:
    stored = STORED[orientation](GREY[..., None])[..., 0].astype(np.uint16) * 257
    content = encoded(np.ascontiguousarray(stored), form, exif=exif(orientation))
    np.testing.assert_array_equal(upright(content), in_grey(GREY))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpegs_of_other_modes_are_turned_too(mode: str) -> None:
    stored = Image.fromarray(np.ascontiguousarray(STORED[6](SCENE))).convert(mode)
    expected = np.asarray(Image.fromarray(SCENE).convert(mode).convert("RGB"))
    pixels = upright(encoded(stored, "JPEG", quality=100, exif=exif(6)))
    np.testing.assert_allclose(inner(pixels).astype(int), inner(expected), atol=6)


@pytest.mark.parametrize(
    "damaged",
    [
        b"Exif\0\0" + b"\xff" * 40,
        b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x05\x01\x12",
        exif(6).tobytes()[:-9],
        exif(0).tobytes(),
        exif(9).tobytes(),
        b"",
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_says_nothing(form: str, damaged: bytes) -> None:
    plain = upright(encoded(SCENE, form))
    np.testing.assert_array_equal(upright(encoded(SCENE, form, exif=damaged)), plain)


def test_an_orientation_in_xmp_counts_where_exif_has_none() -> None:
    xmp = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>'
    pixels = upright(encoded(SCENE[::-1, ::-1], "JPEG", quality=100, xmp=xmp))
    np.testing.assert_allclose(inner(pixels).astype(int), inner(SCENE), atol=6)


def test_colours_are_not_converted_between_profiles() -> None:
    # TensorFlow does not either, nor did those who taught VGG16.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    np.testing.assert_array_equal(upright(encoded(SCENE, "PNG", icc_profile=profile)), SCENE)


def photo(seed: int, width: int = 61, height: int = 47) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), np.uint8)
    fine = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray((smooth + fine).clip(0, 255).astype(np.uint8))


def by_tensorflow(content: bytes) -> Array:
    decoded: Array = tf.io.decode_image(content, channels=3, expand_animations=False).numpy()
    return decoded


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90), st.integers(30, 100),
    st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]), st.booleans(), st.sampled_from(["RGB", "L"]),
)  # fmt: skip
@settings(max_examples=60)
def test_jpegs_give_the_pixels_of_tensorflow(
    seed: int, width: int, height: int, quality: int, subsampling: str, progressive: bool, mode: str
) -> None:
    content = encoded(
        photo(seed, width, height).convert(mode),
        "JPEG", quality=quality, subsampling=subsampling, progressive=progressive,
    )  # fmt: skip
    np.testing.assert_array_equal(upright(content), by_tensorflow(content))


def test_jpegs_of_an_unknown_revision_and_of_damaged_codes_do_too() -> None:
    whole = encoded(photo(1), "JPEG")
    unknown = whole[:11] + b"\5\5" + whole[13:]
    codes = bytearray(whole)
    codes[-200] ^= 0x55
    for content in (unknown, bytes(codes)):
        np.testing.assert_array_equal(upright(content), by_tensorflow(content))


def test_real_pictures_give_the_pixels_of_tensorflow(real_archive: Path) -> None:
    with ZipFile(real_archive) as outer, ZipFile(io.BytesIO(outer.read("train.zip"))) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        for name in names[:: len(names) // 300]:
            content = archive.read(name)
            np.testing.assert_array_equal(upright(content), by_tensorflow(content), err_msg=name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a picture in a format that is read"),
        (b"This is no picture.\n" * 9, "not a picture in a format that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not a picture"),
        (jpeg(1)[:-300], "does not decode: .*truncated"),
        (jpeg(1, mode="CMYK")[:-300], "does not decode: .*truncated"),
        (encoded(photo(1), "JPEG", progressive=True)[:-300], "does not decode: .*truncated"),
        (encoded(photo(1), "PNG")[:-300], "does not decode: .*truncated"),
        (encoded(photo(1), "WEBP")[:-300], "does not decode: "),
        (encoded(photo(1), "AVIF")[:-300], "does not decode: |not a picture"),
        (encoded(photo(1), "GIF")[:-300], "does not decode: "),
        (encoded(photo(1), "TIFF")[:-300], "does not decode: |not a picture"),
        (encoded(photo(1), "BMP")[:-300], "does not decode: "),
        (encoded(GREY.astype(np.int32), "TIFF"), "32 bits a channel have no known range"),
        (encoded(GREY.astype(np.float32), "TIFF"), "32 bits a channel have no known range"),
        (b"P6 9500 9500 255\n", "has more than 89,478,485 pixels"),
        (b"P6 20000 20000 255\n", "has more than 89,478,485 pixels"),
    ],
)
def test_what_makes_no_picture_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^.*({reason})"):
        upright(content)


@given(st.sampled_from([*LOSSLESS.values(), *LOSSY.values()]), st.data())
@settings(max_examples=150)
def test_damaged_bytes_make_a_picture_or_an_error_of_one_kind(
    example: tuple[bytes, Array], data: st.DataObject
) -> None:
    content = bytearray(example[0])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnreadableError):
        pixels = upright(bytes(content))
        assert pixels.dtype == np.uint8
        assert pixels.shape[2:] == (3,)


def test_nothing_is_said_on_a_terminal() -> None:
    script = """
import io, sys
from PIL import Image
from dogs_vs_cats.data.reading.decoding import UnreadableError, upright
for content in (sys.argv[1], sys.argv[2]):
    try:
        upright(bytes.fromhex(content))
    except UnreadableError:
        pass
"""
    odd = encoded(SCENE, "JPEG", exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x05\x01\x12")
    said = subprocess.run(
        [sys.executable, "-c", script, odd.hex(), b"P6 9500 9500 255\n".hex()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout + said.stderr == ""


HEIC_HEADER = b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(200)


def test_without_the_extra_heic_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formats = tuple(form for form in decoding.FORMATS if form != "HEIF")
    monkeypatch.setattr(decoding, "FORMATS", formats)
    with pytest.raises(
        UnreadableError, match=r'HEIC needs an extra: .*pip install -e "\.\[heic\]"'
    ):
        upright(HEIC_HEADER)


@pytest.mark.parametrize("orientation", STORED)
def test_with_the_extra_heic_is_read_and_turned_once(orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](SCENE)))
    stored.info["exif"] = exif(orientation).tobytes()  # which makes it store the turn, as phones do
    pixels = upright(encoded(stored, "HEIF", quality=100, chroma=444))
    assert pixels.shape == SCENE.shape
    np.testing.assert_allclose(inner(pixels).astype(int), inner(SCENE), atol=6)


def test_with_the_extra_damaged_heic_is_refused() -> None:
    pytest.importorskip("pillow_heif")
    for content in (HEIC_HEADER, encoded(photo(1), "HEIF")[:-300]):
        with pytest.raises(UnreadableError, match=r"^(?!.*extra)"):
            upright(content)
