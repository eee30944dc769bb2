from pathlib import Path

import pytest

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import file_md5, read_lock

LOCK = """\
schema: '2.0'
stages:
  download:
    cmd: python pipeline/download.py
    params:
      params.yaml:
        data:
          source: kaggle
    outs:
    - path: data/raw/archive.zip
      hash: md5
      md5: 11111111111111111111111111111111
      size: 5
  split:
    cmd: python pipeline/split.py
    deps:
    - path: data/raw/archive.zip
      hash: md5
      md5: 11111111111111111111111111111111
      size: 5
    params:
      params.yaml:
        split.train: 1000
        augmentation:
          zoom: 1e-05
          nested:
            on: true
    outs:
    - path: data/splits
      hash: md5
      md5: 22222222222222222222222222222222.dir
      size: 700
      nfiles: 4000
  train:
    cmd: python pipeline/train.py
    deps:
    - path: data/splits/train
      hash: md5
      md5: 33333333333333333333333333333333.dir
      size: 300
      nfiles: 2000
  other:
    cmd: python other.py
    params:
      params.yaml:
        other: 1
    outs:
    - path: data/splitsville
      hash: md5
      md5: 44444444444444444444444444444444
      size: 1
"""


@pytest.fixture
def lock_path(tmp_path: Path) -> Path:
    path = tmp_path / "dvc.lock"
    path.write_text(LOCK)
    return path


def test_params_are_those_of_the_stage_and_all_upstream_of_it(lock_path: Path) -> None:
    assert read_lock(lock_path).params("train") == {
        "augmentation.nested.on": True,
        "augmentation.zoom": 1e-05,
        "data.source": "kaggle",
        "split.train": 1000,
    }


def test_a_folder_is_recorded_with_its_digest_and_count(lock_path: Path) -> None:
    maker = read_lock(lock_path).maker("data/splits")
    assert maker is not None
    assert maker.name == "split"
    recorded = maker.outs["data/splits"]
    assert (recorded.md5, recorded.files, recorded.bytes) == ("2" * 32 + ".dir", 4000, 700)


def test_a_stage_digest_changes_with_any_part_of_it(lock_path: Path) -> None:
    before = read_lock(lock_path).stages
    lock_path.write_text(LOCK.replace("zoom: 1e-05", "zoom: 2e-05"))
    after = read_lock(lock_path).stages
    assert before["split"].digest != after["split"].digest
    assert before["train"].digest == after["train"].digest


@pytest.mark.parametrize("text", ["a: [", "stages: 3", "", "stages: {a: {outs: [{md5: b}]}}"])
def test_a_file_that_is_no_lock_file_is_refused_by_name(lock_path: Path, text: str) -> None:
    lock_path.write_text(text)
    with pytest.raises(PipelineError, match=r"dvc\.lock .*`dvc repro`"):
        read_lock(lock_path)


def test_a_missing_lock_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="dvc repro"):
        read_lock(tmp_path / "dvc.lock")


def test_file_md5_is_that_of_md5sum(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\n\0")
    assert file_md5(tmp_path / "a") == "45f547e477b625af2c2aa642fde04366"
