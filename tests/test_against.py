"""``make bench-against``: two revisions side by side."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.against import clone, in_words, judged, run_stage
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError


def with_program(folder: Path, script: str) -> Path:
    program = folder / ".venv/bin/dvc"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return folder


def test_a_stage_runs_in_its_clone_by_its_own_program_and_is_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    folder = with_program(tmp_path, 'echo "$@" "$MLFLOW_TRACKING_URI" > said; sleep 0.2')
    found = run_stage(folder, "views")
    assert (folder / "said").read_text().split() == ["repro", "--single-item", "--force", "views"]
    assert found["seconds"] >= 0.2
    assert 0 < found["cpu_seconds"] < found["seconds"]
    assert found["peak_bytes"] > 2**19


def test_a_stage_that_fails_says_why(tmp_path: Path) -> None:
    folder = with_program(tmp_path, "echo no such picture; exit 3")
    with pytest.raises(PipelineError, match=r"views failed in .*\nno such picture"):
        run_stage(folder, "views")


def test_an_unknown_revision_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no-such-revision"):
        clone("no-such-revision", tmp_path / "then")


def predictions(folder: Path, right: dict[str, bool]) -> None:
    for method in METHODS:
        path = folder / f"reports/predictions/{method}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = ["cat" if each else "dog" for each in right.values()]
        table = pd.DataFrame({"file": right.keys(), "actual": "cat", "predicted": said})
        table.to_csv(path, index=False)


def test_accuracies_are_compared_picture_by_picture_whatever_their_order(tmp_path: Path) -> None:
    then, now = tmp_path / "then", tmp_path / "now"
    predictions(then, {"a": True, "b": False, "c": False, "d": True})
    predictions(now, {"d": True, "c": True, "b": True, "a": False})
    assert judged(then, now)["frozen_base"] == {
        "then": 0.5, "now": 0.75, "only_then": 1, "only_now": 2, "p": 1.0
    }  # fmt: skip


def test_the_table_gives_ratios_of_stages_and_of_all() -> None:
    def stage(then: float, now: float) -> dict[str, dict[str, float]]:
        return {
            side: {"seconds": seconds, "cpu_seconds": seconds, "peak_bytes": 2**30}
            for side, seconds in (("then", then), ("now", now))
        }

    words = in_words(
        {
            "machine": {"device": "CPU", "precision": "float32"},
            "then": "aaaaaaaaa", "now": "bbbbbbbbb", "rounds": 1,
            "stages": {"views": stage(100, 60)}, "all": stage(200, 80), "accuracy": {},
        }
    )  # fmt: skip
    assert "aaaaaaa against bbbbbbb" in words
    assert "| views | 100.0 | 60.0 | 0.60 | 1.00 | 1.00 |" in words
    assert "| all | 200.0 | 80.0 | 0.40 |" in words
