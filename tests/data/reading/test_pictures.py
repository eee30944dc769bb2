import io
from pathlib import Path

import numpy as np
import pytest
from conftest import jpeg
from PIL import Image

from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures, picture_batches
from dogs_vs_cats.project.errors import PipelineError


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_pictures_are_listed_by_class_and_name_with_their_labels(tmp_path: Path) -> None:
    for name in ("dog/b.jpg", "cat/2.jpg", "cat/1.jpg"):
        write(tmp_path, name, b"x")
    listed = list_pictures(tmp_path, ("cat", "dog"))
    assert [path.name for path in listed.paths] == ["1.jpg", "2.jpg", "b.jpg"]
    np.testing.assert_array_equal(listed.labels, np.array([0, 0, 1], np.float32))
    assert list(list_pictures(tmp_path, ("dog", "cat")).labels) == [0, 1, 1]


def test_a_class_without_pictures_is_named(tmp_path: Path) -> None:
    write(tmp_path, "cat/1.jpg", b"x")
    with pytest.raises(PipelineError, match="dog holds no pictures"):
        list_pictures(tmp_path, ("cat", "dog"))


def test_pictures_keep_their_order_over_batches(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{n}.jpg", jpeg(n)) for n in range(7)]
    batches = list(picture_batches(paths, 20, 3).as_numpy_iterator())
    assert [len(batch) for batch in batches] == [3, 3, 1]
    alone = [load_pictures([path], 20)[0] for path in paths]
    np.testing.assert_array_equal(np.concatenate(batches), np.stack(alone))
    np.testing.assert_array_equal(load_pictures(paths, 20), np.stack(alone))


def test_colours_and_orientation_survive(tmp_path: Path) -> None:
    picture = np.zeros((60, 90, 3), np.uint8)
    picture[:30] = (200, 30, 10)
    picture[30:, 45:] = (10, 40, 220)
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=95)
    (loaded,) = load_pictures([write(tmp_path, "a.jpg", out.getvalue())], 30)
    assert loaded.shape == (30, 30, 3)
    assert loaded.dtype == np.uint8
    np.testing.assert_allclose(loaded[5, 15], (200, 30, 10), atol=8)
    np.testing.assert_allclose(loaded[25, 25], (10, 40, 220), atol=8)
    np.testing.assert_allclose(loaded[25, 5], (0, 0, 0), atol=8)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    good = write(tmp_path, "good.jpg", jpeg(1))
    bad = write(tmp_path, "bad.jpg", jpeg(2)[:100])
    with pytest.raises(PipelineError, match=r"bad\.jpg cannot be read"):
        load_pictures([good, bad], 20)
    with pytest.raises(PipelineError, match=r"gone\.jpg cannot be read"):
        load_pictures([good, tmp_path / "gone.jpg"], 20)
