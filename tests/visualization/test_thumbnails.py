from pathlib import Path

import pytest
from conftest import jpeg
from PIL import Image

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.visualization.thumbnails import write


def test_a_copy_is_small_and_keeps_its_proportions(tmp_path: Path) -> None:
    (tmp_path / "test/cat").mkdir(parents=True)
    (tmp_path / "test/cat/a.jpg").write_bytes(jpeg(0, 400, 200))
    write(["test/cat/a.jpg"], tmp_path, tmp_path / "small", side=100)
    with Image.open(tmp_path / "small/test/cat/a.jpg") as copy:
        assert (copy.size, copy.format, copy.mode) == ((100, 50), "JPEG", "RGB")


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(0, 400, 200))
    for folder in ("one", "two"):
        write(["a.jpg"], tmp_path, tmp_path / folder)
    assert (tmp_path / "one/a.jpg").read_bytes() == (tmp_path / "two/a.jpg").read_bytes()


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(0, 400, 200)[:300])
    with pytest.raises(PipelineError, match=r"a\.jpg cannot be read"):
        write(["a.jpg"], tmp_path, tmp_path / "small")
