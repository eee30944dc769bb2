"""What a file holds decides, not its name or container."""

import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import jpeg
from parameters import COMMITTED
from PIL import Image

from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.sources import obtain
from dogs_vs_cats.data.sources.folder import Folder
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import usable_pictures
from dogs_vs_cats.prediction.files import find_pictures, why_unreadable
from dogs_vs_cats.settings import SplitSettings

CLASSES = ("cat", "dog")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, kind, **options)
    return made.getvalue()


def phone(seed: int) -> tuple[bytes, np.ndarray]:
    """A JPEG on its side with a second picture in it, and what a viewer shows."""
    with Image.open(io.BytesIO(jpeg(seed))) as picture:
        exif = Image.Exif()
        exif[0x0112] = 6
        preview = [picture.resize((8, 8))]
        made = saved(picture, "MPO", save_all=True, append_images=preview, exif=exif)
        return made, np.rot90(upright(saved(picture, "JPEG")), -1)


def palette(seed: int) -> tuple[bytes, np.ndarray]:
    """A bitmap of 256 colours, and its colours."""
    with Image.open(io.BytesIO(jpeg(seed))) as picture:
        few = picture.quantize(256)
        return saved(few, "BMP"), np.asarray(few.convert("RGB"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as people have them, with suffixes that lie and a name that is no text."""
    made = tmp_path / "pictures"
    for label in CLASSES:
        (made / label).mkdir(parents=True)
    (made / "cat" / "IMG_1.jpg").write_bytes(phone(1)[0])
    (made / "cat" / "old.png").write_bytes(palette(2)[0])
    (made / "cat" / "no suffix").write_bytes(jpeg(3))
    for number in (4, 5, 6):
        (made / "dog" / f"{number}.JPG").write_bytes(jpeg(number))
    odd = os.fsencode(made / "dog") + b"/caf\xe9.jpg"
    Path(os.fsdecode(odd)).write_bytes(jpeg(7))
    return made


def test_the_pipeline_takes_what_a_viewer_shows(folder: Path, tmp_path: Path) -> None:
    obtain(Folder(str(folder), CLASSES), CLASSES, tmp_path / "archive.zip")
    values = COMMITTED["split"] | {"train": 1, "validation": 1, "test": 1}
    settings = SplitSettings(**values).resolved("folder")
    with open_archive(tmp_path / "archive.zip", CLASSES) as archive:
        assert archive.others == {r"dog/caf\udce9.jpg": "its name is not valid Unicode"}
        usable, reasons = usable_pictures(archive, settings)
        chosen, _ = choose(usable, CLASSES, settings)
        table: pd.DataFrame = write_splits(archive, chosen, tmp_path / "splits")
    assert reasons == {}
    assert len(table) == 6
    seen = {Path(f).name: upright((tmp_path / "splits" / f).read_bytes()) for f in table["file"]}
    assert np.array_equal(seen["IMG_1.jpg"], phone(1)[1])
    assert np.array_equal(seen["old.png"], palette(2)[1])


def test_prediction_reads_all_of_a_folder_whose_names_are_no_text(folder: Path) -> None:
    found = find_pictures([str(folder / "dog")])
    assert len(found.paths) == 4
    for path in found.paths:
        upright(path.read_bytes())
    gone = found.paths[-1].with_name(os.fsdecode(b"\xff.jpg"))
    assert why_unreadable(gone) == "no such file"
