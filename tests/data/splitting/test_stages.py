"""Stages `download` and `split`, run as DVC runs them, on a folder of a user's own."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from conftest import jpeg
from parameters import PARAMS, changed_params

from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml

ROOT = PARAMS.parent
COUNTS = {"Äffchen $1": 20, "bee & <wasp>": 10, "cow": 5}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for place, (label, count) in enumerate(COUNTS.items()):
        for number in range(count):
            path = folder / "own" / label / ("album" if number % 2 else "") / f"IMG_{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(100 * place + number))
    (folder / "own/cow/scan.jpg").write_bytes(jpeg(0))  # as one of another class
    (folder / "own/cow/notes.txt").write_text("moo")
    write_params(folder, {})
    told = run(folder, "download")
    assert told.startswith("3 classes: bee & <wasp>, cow, Äffchen $1\n")
    assert "1 not a picture (cow/notes.txt)" in told
    assert "`dvc repro --force download`" in told
    return folder


def write_params(folder: Path, split: dict[str, object]) -> None:
    params = load_yaml(PARAMS.read_bytes())
    params["data"] = {"source": "folder", "folder": "own"}
    params["split"] |= split
    (folder / "params.yaml").write_text(dump_yaml(params), encoding="utf-8")


def run(folder: Path, stage: str) -> str:
    """What a stage said; progress bars, on standard error, are not part of it."""
    ended = subprocess.run(
        [sys.executable, ROOT / f"pipeline/{stage}.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_folder_alone_is_enough(project: Path) -> None:
    write_params(project, {})
    told = run(project, "split")
    source = json.loads((project / "data/raw/source.json").read_text())
    classes = read_classes(project / "data/classes.json")
    assert [*classes] == source["classes"] == ["bee & <wasp>", "cow", "Äffchen $1"]
    manifest = pd.read_csv(project / "data/manifest.csv")
    found = Counter(zip(manifest["split"], manifest["class"], strict=True))
    # A picture stands under two classes, so neither has it.
    assert [found["train", name] for name in classes] == [6, 3, 11]
    assert [found["test", name] for name in classes] == [2, 1, 4]
    assert all((project / "data/splits" / file).is_file() for file in manifest["file"])
    assert any("/album/" in file for file in manifest["file"])
    excluded = pd.read_csv(project / "data/excluded.csv", keep_default_na=False)
    assert dict(zip(excluded["file"], excluded["reason"], strict=True)) == {
        "cow/scan.jpg": "the same bytes under several classes: cow, Äffchen $1",
        "Äffchen $1/IMG_0.jpg": "the same bytes under several classes: cow, Äffchen $1",
        "cow/notes.txt": "not a picture",
    }
    assert "34 pictures of 3 classes chosen: train 20, validation 7, test 7; 3 left out" in told
    assert "       2 the same bytes under several classes (such as cow/scan.jpg)" in told
    assert "note:" not in told


def test_counts_in_order_are_warned_of_and_what_they_leave_is_listed(project: Path) -> None:
    write_params(project, {"strategy": "first", "train": 2, "validation": 1, "test": 1})
    (project / "own/cow/new.jpg").touch()
    told = run(project, "split")
    assert "split.strategy: random" in told
    assert "split.by: group" in told
    assert "own has changed since stage download read it (new files: 1, gone: 0)" in told
    assert "22 left over (such as " in told
    excluded = pd.read_csv(project / "data/excluded.csv", keep_default_na=False)
    assert excluded["reason"].str.startswith("left over: ").sum() == 22


def test_the_pipeline_depends_on_the_table_of_groups() -> None:
    dependencies = load_yaml((ROOT / "dvc.yaml").read_bytes())["stages"]["split"]["deps"]
    assert "${split.groups}" in dependencies
    assert (ROOT / changed_params({}).split.groups).is_file()
