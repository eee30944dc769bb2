import errno
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import (
    require_space,
    sha256,
    temporary_directory,
    whole_directory,
    whole_file,
    write_json,
)
from dogs_vs_cats.project.stage import end_cleanly


def test_a_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "model.weights.h5"
    with whole_file(target) as temporary:
        assert temporary.name.endswith(".weights.h5")
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_the_good_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "metrics.json"
    target.write_text("good")
    with pytest.raises(RuntimeError), whole_file(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "good"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "views.npy"
    with pytest.raises(KeyboardInterrupt), whole_file(target) as temporary:
        left_behind = temporary
        raise KeyboardInterrupt
    left_behind.write_text("half of an earlier run")
    with whole_file(target) as temporary:
        assert not temporary.exists()
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "splits"
    target.mkdir()
    (target / "old").touch()
    with whole_directory(target) as temporary:
        (temporary / "new").touch()
        assert (target / "old").exists()
    assert [path.name for path in target.iterdir()] == ["new"]


def test_a_failed_folder_leaves_the_good_one_alone(tmp_path: Path) -> None:
    target = tmp_path / "splits"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(RuntimeError), whole_directory(target) as temporary:
        (temporary / "new").touch()
        raise RuntimeError
    assert [path.name for path in target.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [target]


def test_json_keeps_the_order_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"b": 1, "a": 2})
    assert list(json.loads(path.read_text())) == ["b", "a"]
    with pytest.raises(PipelineError, match="not finite"):
        write_json(path, {"loss": float("nan")})
    assert json.loads(path.read_text()) == {"b": 1, "a": 2}


def test_sha256_is_the_standard_one(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("place", [whole_file, whole_directory])
def test_a_write_that_fails_without_a_name_gets_the_targets(tmp_path: Path, place: Any) -> None:
    with pytest.raises(OSError, match=r"No space.*views\.npy"), place(tmp_path / "views.npy"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_fit_is_said_before_it_is_written(tmp_path: Path) -> None:
    require_space(tmp_path / "new" / "small", 1)
    with pytest.raises(OSError, match="large") as raised:
        require_space(tmp_path / "new" / "large", 2**62)
    assert raised.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_breaks_says_nothing_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone") as raised, whole_file(tmp_path / "archive.zip"):
        raise OSError("the server has gone")
    assert raised.value.filename is None


def test_a_full_temporary_folder_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def full() -> None:
        with temporary_directory():
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SystemExit, match=rf"No space left on device: {tmp_path}.*TMPDIR"):
        end_cleanly(full)
    assert list(tmp_path.iterdir()) == []
