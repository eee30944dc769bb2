import hashlib
import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.tracking.lineage import (
    Recorded,
    declared_params,
    file_md5,
    parse_lock,
    read_lock,
)

ROOT = Path(__file__).parents[2]

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


def recorded(paths: Iterator[str]) -> list[dict[str, Any]]:
    return [{"path": path, "md5": "0" * 32, "size": 1} for path in paths]


def as_dvc_would_lock(stage: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """What ``dvc.lock`` says of a stage of ``dvc.yaml`` after it ran with these parameters."""
    outs = [out for kind in ("outs", "metrics") for out in stage.get(kind, [])]
    wanted = {
        key: reduce(lambda section, name: section[name], key.split("."), params)
        for key in stage.get("params", [])
    }
    return {
        "cmd": stage["cmd"],
        "deps": recorded(dep for dep in stage["deps"] if "$" not in dep),
        "params": {"params.yaml": wanted},
        "outs": recorded(path for out in outs for path in ([out] if isinstance(out, str) else out)),
    }


@pytest.mark.parametrize("method", METHODS)
def test_what_dvc_yaml_declares_is_what_dvc_lock_will_say(method: str) -> None:
    pipeline, params = (load_yaml((ROOT / f"{n}.yaml").read_bytes()) for n in ("dvc", "params"))
    stages = {k: as_dvc_would_lock(stage, params) for k, stage in pipeline["stages"].items()}
    lock = parse_lock(dump_yaml({"stages": stages}).encode(), "dvc.lock")
    text = (ROOT / "dvc.yaml").read_bytes()
    declared = declared_params(text, f"train_{method}", params)
    assert declared == lock.params(f"train_{method}")
    assert declared[f"{method}.epochs"] == params[method]["epochs"]
    assert declared["split.train"] == params["split"]["train"]
    assert not any(key.startswith(("evaluate.", "robustness.", "visualize.")) for key in declared)


def model(name: str, digit: str) -> Recorded:
    return Recorded(f"data/models/{name}", digit * 32, 1, 1)


def lock_of_models(dep: dict[str, Any]) -> Any:
    """A lock whose stages train ``a`` and ``b``, and read ``dep``."""
    stages = {
        name: {"cmd": name, "outs": [{"path": f"data/models/{name}", "md5": d * 32, "size": 1}]}
        for name, d in (("a", "1"), ("b", "2"))
    }
    stages["read"] = {"cmd": "read", "deps": [dep]}
    return parse_lock(dump_yaml({"stages": stages}).encode(), "dvc.lock")


def folder_of_models(**md5s: str) -> dict[str, Any]:
    listing = [{"md5": md5, "relpath": name} for name, md5 in sorted(md5s.items())]
    digest = hashlib.md5(json.dumps(listing, sort_keys=True).encode()).hexdigest()
    return {"path": "data/models", "md5": f"{digest}.dir", "size": 2, "nfiles": 2}


@pytest.mark.parametrize(
    ("dep", "ran"),
    [
        ({"path": "data/models/a", "md5": "1" * 32, "size": 1}, True),
        ({"path": "data/models/a", "md5": "3" * 32, "size": 1}, False),
        ({"path": "data/models/b", "md5": "2" * 32, "size": 1}, False),
        (folder_of_models(a="1" * 32, b="2" * 32), True),
        (folder_of_models(a="1" * 32, b="3" * 32), False),
        (folder_of_models(a="1" * 32), False),
    ],
)
def test_a_stage_ran_with_a_file_that_it_names_itself_or_by_its_folder(
    dep: dict[str, Any], ran: bool
) -> None:
    lock = lock_of_models(dep)
    assert lock.ran_with(lock.stages["read"], model("a", "1")) is ran
    assert not lock.ran_with(lock.stages["read"], model("a", "4"))
