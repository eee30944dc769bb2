import hashlib
import io
import itertools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import jpeg, kaggle_entries, write_zip
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from dogs_vs_cats.data.splitting.archive import ArchivedPicture, open_archive
from dogs_vs_cats.data.splitting.left_out import told
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import (
    exclusion_table,
    unusable_because,
    usable_pictures,
)
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, SplitSettings

CLASSES = ("cat", "dog")


def settings(**changes: Any) -> SplitSettings:
    defaults = {
        "strategy": "first",
        "seed": 0,
        "train": 2,
        "validation": 1,
        "test": 1,
        "by": "file",
        "groups": "",
        "formats": ("JPEG",),
        "modes": ("RGB",),
        "max_bytes": 100_000,
        "max_pixels": 1_000_000,
    }
    return SplitSettings(**{**defaults, **changes})


def test_more_pixels_than_pillow_decodes_cannot_be_allowed() -> None:
    with pytest.raises(ValidationError, match="max_pixels"):
        settings(max_pixels=200_000_000)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def reasons_in(tmp_path: Path, entries: dict[str, bytes], **changes: Any) -> dict[str, str]:
    path = write_zip(tmp_path / "a.zip", entries)
    with open_archive(path, CLASSES) as archive:
        usable, reasons = usable_pictures(archive, settings(**changes))
        assert {p.entry for p in usable} == set(entries) - {p.entry for p in reasons}
        return {picture.entry: reason for picture, reason in reasons.items()}


def pool(numbers: dict[str, list[int]]) -> list[ArchivedPicture]:
    return [
        ArchivedPicture(f"train/{label}.{number}.jpg", label, f"{label}.{number}.jpg", number, 1)
        for label, several in numbers.items()
        for number in several
    ]


pools = st.fixed_dictionaries(
    {
        label: st.lists(st.integers(0, 30_000), min_size=6, max_size=40, unique=True)
        for label in CLASSES
    }
)
sizes = st.fixed_dictionaries({split: st.integers(1, 2) for split in SPLITS})
strategies = st.sampled_from(["first", "random"])


@given(pools, sizes, strategies, st.integers(0, 2**31 - 1), st.randoms())
def test_splits_are_disjoint_exact_and_blind_to_the_archives_order(
    numbers: dict[str, list[int]], sizes: dict[str, int], strategy: str, seed: int, random: Any
) -> None:
    wanted = settings(strategy=strategy, seed=seed, **sizes)
    pictures = pool(numbers)
    chosen, left_over = choose(pictures, CLASSES, wanted)

    assert {each.picture for each in chosen} | {*left_over} == {*pictures}
    assert len(chosen) + len(left_over) == len(pictures)
    assert all(reason.startswith("left over: ") for reason in left_over.values())
    assert len({each.picture for each in chosen}) == len(chosen)
    assert len({each.file for each in chosen}) == len(chosen)
    for split, label in itertools.product(SPLITS, CLASSES):
        count = sum(each.split == split and each.picture.label == label for each in chosen)
        assert count == sizes[split]

    random.shuffle(pictures)
    assert choose(pictures, CLASSES, wanted) == (chosen, left_over)


@given(pools, sizes)
def test_first_takes_the_lowest_numbers_in_the_order_of_the_splits(
    numbers: dict[str, list[int]], sizes: dict[str, int]
) -> None:
    chosen, _ = choose(pool(numbers), CLASSES, settings(**sizes))
    for label in CLASSES:
        taken = [each.picture.number for each in chosen if each.picture.label == label]
        assert taken == sorted(numbers[label])[: sum(sizes.values())]


def test_random_follows_its_seed() -> None:
    pictures = pool({label: list(range(200)) for label in CLASSES})

    def numbers(seed: int) -> list[int | None]:
        wanted = settings(strategy="random", seed=seed, train=50)
        return [each.picture.number for each in choose(pictures, CLASSES, wanted)[0]]

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)
    assert sorted(numbers(1)[:50]) != list(range(50))


def test_random_is_one_permutation_of_each_class_in_the_order_of_the_splits() -> None:
    """What was chosen with a seed stays chosen: results were made with it."""
    wanted = settings(strategy="random", seed=5, train=7, validation=3)
    chosen, _ = choose(pool({label: list(range(30)) for label in CLASSES}), CLASSES, wanted)
    for index, label in enumerate(CLASSES):
        order = np.random.default_rng([5, index]).permutation(30).tolist()
        for split, expected in zip(SPLITS, (order[:7], order[7:10], order[10:11]), strict=True):
            taken = [
                c.picture.number for c in chosen if (c.split, c.picture.label) == (split, label)
            ]
            assert taken == sorted(expected)


def test_a_pool_that_is_too_small_says_how_many_of_which_class_are_missing() -> None:
    pictures = pool({"cat": [1, 2, 3], "dog": [1, 2, 3, 4, 5]})
    with pytest.raises(PipelineError) as raised:
        choose(pictures, CLASSES, settings(train=4))
    message = str(raised.value)
    assert "3 of class cat (3 usable)" in message
    assert "1 of class dog (5 usable)" in message
    assert "split.train" in message


def test_original_bytes_are_written_and_the_manifest_describes_them(tmp_path: Path) -> None:
    entries = kaggle_entries(5)
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        usable, _ = usable_pictures(archive, settings())
        chosen, _ = choose(usable, CLASSES, settings())
        manifest = write_splits(archive, chosen, tmp_path / "splits")
    written = {p.relative_to(tmp_path / "splits").as_posix() for p in tmp_path.glob("splits/*/*/*")}
    assert set(manifest["file"]) == written
    assert list(manifest["file"][:4]) == [
        "train/cat/cat.0.jpg",
        "train/cat/cat.1.jpg",
        "train/dog/dog.0.jpg",
        "train/dog/dog.1.jpg",
    ]
    for row in manifest.itertuples():
        content = (tmp_path / "splits" / row.file).read_bytes()
        assert content == entries[f"train/{Path(row.file).name}"]
        assert (row.sha256, row.bytes) == (sha256(content), len(content))
        assert (row.width, row.height) == (60, 50)
        assert len(row.phash) == 16


def as_png(content: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(content)).save(out, "PNG")
    return out.getvalue()


def with_declared_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header (SOF0) claims another size."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


GOOD = jpeg(1, 300, 200)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[: len(GOOD) // 2], "does not decode"),
        (GOOD[:-30], "does not decode"),
        (GOOD[: len(GOOD) // 2] + GOOD[-2:], "does not decode: Corrupt JPEG data"),
        (GOOD[:1200] + bytes(60) + GOOD[1260:], "does not decode: Corrupt JPEG data"),
        (GOOD[:1200] + GOOD[1300:], "does not decode: Corrupt JPEG data"),
        (as_png(GOOD), "PNG, not JPEG"),
        (b"this is a text file", "not a picture"),
        (b"", "empty file"),
        (jpeg(1, mode="L"), "mode L, not RGB"),
        (with_declared_size(GOOD, 50_000, 50_000), "pixels"),
        (with_declared_size(GOOD, 10_000, 10_000), "split.max_pixels: 10000×10000"),
    ],
)
def test_files_that_cannot_be_learned_from_are_told_apart(content: bytes, reason: str) -> None:
    found = unusable_because(content, settings())
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD + b"\xff\xd8 another picture behind it",
        GOOD[:11] + b"\0\0" + GOOD[13:],  # a revision of JFIF that libjpeg does not know
    ],
)
def test_a_good_picture_is_usable(content: bytes) -> None:
    assert unusable_because(content, settings(max_pixels=60_000)) is None


def test_names_that_no_file_should_have_are_told(tmp_path: Path) -> None:
    names = {"cat/a\x1b[31m.jpg": "control", f"cat/{'é' * 128}.jpg": "255 bytes", "cat/é.jpg": ""}
    entries = {name: jpeg(number) for number, name in enumerate(names)}
    reasons = reasons_in(tmp_path, entries)
    assert {name: reasons.get(name, "") for name in names}.keys() == names.keys()
    for name, word in names.items():
        assert word in reasons.get(name, "")
        assert bool(word) == (name in reasons)


def test_the_exclusion_table_lists_other_files_and_shows_control_characters(tmp_path: Path) -> None:
    entries = {"cat/a\x1b[31m.jpg": jpeg(1), "bird/\x1b]0;title\x07.jpg": b"", "cat.1.jpg": jpeg(2)}
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        table = exclusion_table(usable_pictures(archive, settings())[1], archive.others)
    assert table.to_dict("records") == [
        {
            "file": r"cat/a\x1b[31m.jpg",
            "class": "cat",
            "reason": "its name holds control characters",
        },
        {
            "file": r"bird/\x1b]0;title\x07.jpg",
            "class": "",
            "reason": "neither in a folder of a class nor named like one, as cat.1.jpg",
        },
    ]


def test_what_is_left_out_is_listed_with_its_reason(tmp_path: Path) -> None:
    entries = {
        **kaggle_entries(3),
        "train/cat.3.jpg": GOOD[:-500],
        "../cat.4.jpg": jpeg(104),
        "train/cat.5.jpg": jpeg(105, 1000, 900) + b"\0" * 100_000,
        "other/cat.0.jpg": jpeg(106),
        "train/cat.7.jpg": jpeg(2),
    }
    reasons = reasons_in(tmp_path, entries)
    assert len(reasons) == 5
    assert "does not decode" in reasons["train/cat.3.jpg"]
    assert "leads out of the folder" in reasons["../cat.4.jpg"]
    assert "split.max_bytes" in reasons["train/cat.5.jpg"]
    assert reasons["train/cat.7.jpg"] == "the same bytes as another picture: train/cat.1.jpg"
    assert "same file name" in reasons["train/cat.0.jpg"]


def test_of_exact_duplicates_the_first_stays(tmp_path: Path) -> None:
    entries = {
        "cat.1.jpg": jpeg(1),
        "cat.2.jpg": jpeg(2),
        "cat.9.jpg": jpeg(1),
        "dog.1.jpg": jpeg(3),
    }
    assert reasons_in(tmp_path, entries) == {
        "cat.9.jpg": "the same bytes as another picture: cat.1.jpg"
    }


def test_the_same_bytes_under_several_classes_belong_to_none(tmp_path: Path) -> None:
    entries = {"cat.1.jpg": jpeg(1), "dog.1.jpg": jpeg(1), "dog.2.jpg": jpeg(2)}
    reasons = reasons_in(tmp_path, entries)
    assert set(reasons) == {"cat.1.jpg", "dog.1.jpg"}
    assert {*reasons.values()} == {"the same bytes under several classes: cat, dog"}


def test_of_copies_in_own_splits_that_of_the_test_split_stays(tmp_path: Path) -> None:
    entries = {f"{split}/cat/1.jpg": jpeg(1) for split in ("train", "val", "test")}
    reason = "the same bytes as another picture: test/cat/1.jpg"
    assert reasons_in(tmp_path, entries) == dict.fromkeys(
        ("train/cat/1.jpg", "val/cat/1.jpg"), reason
    )


def test_equal_names_in_different_folders_do_not_clash(tmp_path: Path) -> None:
    names = ["cat/1.jpg", "cat/a/1.jpg", "cat/b/1.jpg", "dog/a/1.jpg"]
    entries = {name: jpeg(number) for number, name in enumerate(names)}
    assert reasons_in(tmp_path, entries) == {}


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path: Path) -> None:
    entries = {
        "Cat/a/1.jpg": jpeg(1),
        "x/cat/a": jpeg(2),
        "cat/b": jpeg(3),
        "x/cat/b/2.jpg": jpeg(4),
    }
    assert len(reasons_in(tmp_path, entries)) == 2


def test_the_most_frequent_reasons_are_told_in_few_lines() -> None:
    left_out = [(f"{n}.jpg", f"reason {n % 20}: {n}") for n in range(30)] + [("\x1b.jpg", "odd")]
    lines = told(left_out)
    assert lines[0] == "       2 reason 0 (such as 0.jpg)"
    assert len(lines) == 8
    assert lines[-1] == "      17 for other reasons"
    assert told(left_out[-1:]) == [r"       1 odd (\x1b.jpg)"]
    assert told([]) == []


def test_the_exclusion_table_is_sorted_and_complete(tmp_path: Path) -> None:
    entries = {"dog.10.jpg": b"", "dog.9.jpg": b"text", "cat.1.jpg": b"", "cat.2.jpg": jpeg(1)}
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        table = exclusion_table(usable_pictures(archive, settings())[1], archive.others)
    assert table.to_dict("records") == [
        {"file": "cat.1.jpg", "class": "cat", "reason": "empty file"},
        {"file": "dog.9.jpg", "class": "dog", "reason": "not a picture in a format that is read"},
        {"file": "dog.10.jpg", "class": "dog", "reason": "empty file"},
    ]


def test_a_picture_read_from_several_threads_stays_itself(tmp_path: Path) -> None:
    entries = kaggle_entries(40)
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        usable, reasons = usable_pictures(archive, settings())
        chosen, _ = choose(usable, CLASSES, settings(train=38))
        manifest = write_splits(archive, chosen, tmp_path / "splits")
    assert not reasons
    right = [sha256(entries[f"train/{Path(file).name}"]) for file in manifest["file"]]
    assert np.array_equal(manifest["sha256"], right)
