import io
from pathlib import Path

import pytest
from conftest import jpeg
from PIL import ExifTags, Image

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.visualization.thumbnails import write, write_errors


def test_a_copy_is_small_and_keeps_its_proportions(tmp_path: Path) -> None:
    (tmp_path / "test/cat").mkdir(parents=True)
    (tmp_path / "test/cat/a.jpg").write_bytes(jpeg(0, 400, 200))
    write(["test/cat/a.jpg"], tmp_path, tmp_path / "small", side=100)
    with Image.open(tmp_path / "small/test/cat/a.jpg") as copy:
        assert (copy.size, copy.format, copy.mode) == ((100, 50), "JPEG", "RGB")


def test_a_copy_is_upright_and_a_jpeg_whatever_the_picture_is(tmp_path: Path) -> None:
    turned = Image.open(io.BytesIO(jpeg(0, 400, 200)))
    exif = turned.getexif()
    exif[ExifTags.Base.Orientation] = 6
    turned.save(tmp_path / "phone.jpg", exif=exif)
    Image.new("LA", (40, 20), (0, 0)).save(tmp_path / "clear.png")
    write(["phone.jpg", "clear.png"], tmp_path, tmp_path / "small", side=100)
    with Image.open(tmp_path / "small/phone.jpg") as copy:
        assert copy.size == (50, 100)
    with Image.open(tmp_path / "small/clear.png") as copy:
        assert (copy.format, copy.mode, copy.getpixel((5, 5))) == ("JPEG", "RGB", (255, 255, 255))


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(0, 400, 200))
    for folder in ("one", "two"):
        write(["a.jpg"], tmp_path, tmp_path / folder)
    assert (tmp_path / "one/a.jpg").read_bytes() == (tmp_path / "two/a.jpg").read_bytes()


def test_a_picture_in_several_groups_of_errors_is_copied_once(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(jpeg(0, 400, 200))
    groups = {"one": [{"file": "b.jpg"}, {"file": "a.jpg"}], "two": [{"file": "a.jpg"}]}
    write_json(tmp_path / "errors.json", groups)
    write_errors(tmp_path / "errors.json", tmp_path, tmp_path / "small")
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == ["a.jpg", "b.jpg"]


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(0, 400, 200)[:300])
    with pytest.raises(PipelineError, match=r"a\.jpg cannot be read as a picture: .*dvc repro"):
        write(["a.jpg"], tmp_path, tmp_path / "small")
