import io
from pathlib import Path

import numpy as np
import pytest
from conftest import jpeg
from PIL import ExifTags, Image

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.pictures import (
    decode,
    list_pictures,
    load_pictures,
    picture_batches,
)
from dogs_vs_cats.project.errors import PipelineError


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_pictures_are_listed_by_class_and_name_with_their_labels(tmp_path: Path) -> None:
    for name in ("dog/b.jpg", "cat/2.jpg", "cat/1.jpg", "[Kühe] & 100 %/c.png"):
        write(tmp_path, name, b"x")
    classes = ("cat", "dog", "[Kühe] & 100 %")
    listed = list_pictures(tmp_path, classes)
    assert [path.name for path in listed.paths] == ["1.jpg", "2.jpg", "b.jpg", "c.png"]
    assert listed.labels.dtype == np.int32
    assert listed.labels.tolist() == [0, 0, 1, 2]
    assert list_pictures(tmp_path, classes[::-1]).labels.tolist() == [0, 1, 2, 2]


def test_pictures_in_folders_below_their_class_are_listed_too(tmp_path: Path) -> None:
    for name in ("cat/z.jpg", "cat/dog/1.jpg", "dog/cat/deep/2.jpg", "dog/a.jpg"):
        write(tmp_path, name, b"x")
    listed = list_pictures(tmp_path, ("cat", "dog"))
    names = [path.relative_to(tmp_path).as_posix() for path in listed.paths]
    assert names == ["cat/dog/1.jpg", "cat/z.jpg", "dog/a.jpg", "dog/cat/deep/2.jpg"]
    assert listed.labels.tolist() == [0, 0, 1, 1]


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


def test_an_unreadable_file_is_named_with_the_reason(tmp_path: Path) -> None:
    good = write(tmp_path, "good.jpg", jpeg(1))
    bad = write(tmp_path, "bad.jpg", jpeg(2)[:-100])
    with pytest.raises(PipelineError, match=r"bad\.jpg cannot be read as a picture: does not deco"):
        load_pictures([good, bad], 20)
    with pytest.raises(PipelineError, match=r"gone\.jpg cannot be read as a picture: No such file"):
        load_pictures([good, tmp_path / "gone.jpg"], 20)


def test_a_turned_photo_gives_what_its_upright_twin_gives(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(jpeg(3))) as picture:
        upright = picture.copy()
    turned, told = io.BytesIO(), Image.Exif()
    told[ExifTags.Base.Orientation] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG", exif=told)
    plain = io.BytesIO()
    upright.save(plain, "PNG")
    contents = {"plain.png": plain.getvalue(), "turned.png": turned.getvalue()}
    paths = [write(tmp_path, name, content) for name, content in contents.items()]
    first, second = load_pictures(paths, 30)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(decode(turned.getvalue(), 30), first)


@pytest.mark.parametrize("content", [b"", b"no picture", jpeg(2)[:-100], jpeg(2)[:90]])
def test_what_is_no_picture_raises_one_error_eagerly_and_is_left_out_of_streams(
    content: bytes,
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode(content, 20)
    stream = tf.data.Dataset.from_tensor_slices([jpeg(1), content, jpeg(3)])
    stream = stream.map(lambda each: decode(each, 20), num_parallel_calls=2)
    with pytest.raises(tf.errors.InvalidArgumentError):
        list(stream)
    kept = list(stream.ignore_errors().as_numpy_iterator())
    np.testing.assert_array_equal(kept, [decode(jpeg(1), 20), decode(jpeg(3), 20)])


def test_bytes_that_end_in_zeros_reach_the_reader_whole() -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "black").save(content, "BMP")  # its last bytes are pixels, all 0
    assert content.getvalue().endswith(b"\0" * 16)
    assert not decode(content.getvalue(), 4).numpy().any()
