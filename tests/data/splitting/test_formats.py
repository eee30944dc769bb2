"""Which formats and pixel modes `split` takes, and how it describes them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import jpeg, write_zip
from parameters import changed_params
from PIL import ExifTags, Image

from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import Chosen, write_splits
from dogs_vs_cats.data.splitting.usable import unusable_because
from dogs_vs_cats.settings import SplitSettings

SPLIT = changed_params({}).split
KAGGLE, FOLDER = SPLIT.resolved("kaggle"), SPLIT.resolved("folder")
PICTURE = Image.open(io.BytesIO(jpeg(3, 90, 60)))


def saved(kind: str, mode: str = "RGB", **how: Any) -> bytes:
    content = io.BytesIO()
    PICTURE.convert(mode).save(content, kind, **how)
    return content.getvalue()


def as_ycck(cmyk: bytes) -> bytes:
    """A CMYK JPEG whose Adobe marker says that its first three channels are YCbCr."""
    at = cmyk.index(b"Adobe") + 11
    return cmyk[:at] + b"\2" + cmyk[at + 1 :]


def sixteen_bits() -> bytes:
    content = io.BytesIO()
    grey = np.asarray(PICTURE.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(content, "PNG")
    return content.getvalue()


MPO = saved("MPO", save_all=True, append_images=[PICTURE.resize((30, 20))])
TAKEN = {
    "JPEG": saved("JPEG"),
    "progressive JPEG": saved("JPEG", progressive=True),
    "grey JPEG": saved("JPEG", "L"),
    "CMYK JPEG": saved("JPEG", "CMYK"),
    "YCCK JPEG": as_ycck(saved("JPEG", "CMYK")),
    "MPO": MPO,
    "PNG": saved("PNG"),
    "16 bit PNG": sixteen_bits(),
    "palette PNG": saved("PNG", "P"),
    "PNG with alpha": saved("PNG", "RGBA"),
    "WebP": saved("WEBP"),
    "AVIF": saved("AVIF"),
    "GIF": saved("GIF"),
    "TIFF": saved("TIFF"),
    "BMP": saved("BMP"),
    "palette BMP": saved("BMP", "P"),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_folder_of_ones_own_may_hold_every_format(kind: str) -> None:
    assert unusable_because(TAKEN[kind], FOLDER) is None


@pytest.mark.parametrize("kind", [kind for kind in TAKEN if "bit" not in kind])
def test_damage_is_found_in_every_format(kind: str) -> None:
    content = TAKEN[kind]
    if "BMP" in kind or kind == "TIFF":  # uncompressed: bytes can be missing, but not be wrong
        damaged = content[:-2000]
    else:
        # Of an MPO the first picture counts.
        middle = (MPO.index(b"\xff\xd9") if kind == "MPO" else len(content)) * 2 // 3
        damaged = content[:middle] + bytes(40) + content[middle + 40 :]
        damaged = damaged[: -len(damaged) // 4] if kind in ("WebP", "GIF") else damaged
    assert "decode" in (unusable_because(damaged, FOLDER) or "")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("JPEG", None),
        ("progressive JPEG", None),
        ("MPO", None),  # a JPEG with another one behind it
        ("grey JPEG", "JPEG of mode L, not RGB (split.modes)"),
        ("CMYK JPEG", "JPEG of mode CMYK, not RGB (split.modes)"),
        ("PNG", "PNG, not JPEG (split.formats)"),
        ("BMP", "BMP, not JPEG (split.formats)"),
    ],
)
def test_of_kaggles_pictures_jpegs_in_colour_are_taken(kind: str, reason: str | None) -> None:
    assert unusable_because(TAKEN[kind], KAGGLE) == reason


def test_what_is_named_is_taken_and_no_other() -> None:
    only = changed_params({"split.formats": ["PNG", "JPEG"], "split.modes": ["L"]}).split
    named = only.resolved("folder")
    assert unusable_because(saved("PNG", "L"), named) is None
    assert unusable_because(saved("BMP", "L"), named) == "BMP, not PNG or JPEG (split.formats)"
    assert unusable_because(saved("PNG"), named) == "PNG of mode RGB, not L (split.modes)"


@pytest.mark.parametrize("size", [(12000, 9000), (16320, 12240)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_largest_photos_of_phones_are_refused_with_the_setting(size: tuple[int, int]) -> None:
    content = io.BytesIO()
    Image.new("1", size).save(content, "PNG")
    assert "split.max_pixels" in (unusable_because(content.getvalue(), FOLDER) or "")


@pytest.mark.parametrize("size", [(4000, 3000), (8192, 6144)])
def test_a_photo_of_12_or_50_megapixels_is_taken(size: tuple[int, int]) -> None:
    content = io.BytesIO()
    Image.new("L", size).save(content, "JPEG")
    assert unusable_because(content.getvalue(), FOLDER) is None


def manifest_row(tmp_path: Path, content: bytes, settings: SplitSettings) -> Any:
    with open_archive(write_zip(tmp_path / "a.zip", {"cat/1": content}), ("cat",)) as archive:
        assert unusable_because(content, settings) is None
        chosen = [Chosen("train", archive.pictures[0])]
        return write_splits(archive, chosen, tmp_path / "splits").loc[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_manifest_describes_a_picture_as_a_viewer_shows_it(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned, content = PICTURE.transpose(Image.Transpose.ROTATE_90), io.BytesIO()
    turned.save(content, kind, exif=exif)
    stored = manifest_row(tmp_path, content.getvalue(), FOLDER)
    assert (stored["width"], stored["height"]) == (90, 60)
    plain = manifest_row(tmp_path, saved(kind), FOLDER)
    bits = int(stored["phash"], 16) ^ int(plain["phash"], 16)
    assert bits.bit_count() <= 4
    assert (tmp_path / "splits/train/cat/1").read_bytes() == saved(kind)
