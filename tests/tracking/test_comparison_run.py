from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.mirror import track


def files(project: Any, run: Any, folder: str | None = None) -> set[str]:
    return {file.path for file in project.client().list_artifacts(run.info.run_id, folder)}


def test_the_comparison_has_a_run_of_its_own_with_tables_figures_and_report(project: Any) -> None:
    project.write_comparison("first")

    line = track(Layout())

    assert "5 runs up to date (5 new, a new comparison)" in line
    runs = project.runs_by_method()
    assert set(runs) == {*METHODS, "comparison"}
    comparison = runs["comparison"]
    assert comparison.info.status == "FINISHED"
    assert comparison.data.tags["mlflow.note.content"] == "# first"
    assert files(project, comparison) == {"figures", "tables", "index.html", "comparison.md"}
    assert files(project, comparison, "figures") == {"figures/all.svg"}
    assert files(project, comparison, "tables") == {
        "tables/backbones.csv",
        "tables/evaluation.json",
        "tables/learning_curve.csv",
        "tables/robustness.csv",
    }


def test_the_comparison_shows_what_each_base_reaches(project: Any) -> None:
    project.write_comparison("first")
    track(Layout())
    run = project.runs_by_method()["comparison"]
    assert run.data.metrics == {
        "probe_test_accuracy/vgg16-150": 0.964,
        "probe_validation_accuracy/vgg16-150": 0.975,
        "multiply_adds/vgg16-150": 6615491328,
        "parameters/vgg16-150": 14714688,
        "learning_curve/vgg16-150": 0.964,
    }
    curve = project.client().get_metric_history(run.info.run_id, "learning_curve/vgg16-150")
    assert {point.step: round(point.value, 6) for point in curve} == {2: 0.85, 1000: 0.964}


def test_a_base_of_the_users_own_weights_has_a_name_that_mlflow_takes(project: Any) -> None:
    project.write_comparison("first")
    table = Path("reports/backbones.csv")
    table.write_text(table.read_text().replace("vgg16-150", "vgg16-150 (own weights)"))
    project.write_lock()
    track(Layout())
    metrics = project.runs_by_method()["comparison"].data.metrics
    assert metrics["parameters/vgg16-150 _own weights_"] == 14714688


def test_bases_that_were_not_checked_out_are_told(project: Any) -> None:
    project.write_comparison("first")
    Path("reports/learning_curve.csv").unlink()
    with pytest.raises(PipelineError, match=r"learning_curve\.csv is missing.*compare_bases"):
        track(Layout())


def test_a_methods_figures_are_logged_with_its_run(project: Any) -> None:
    project.write_comparison("first")
    track(Layout())
    for method in METHODS:
        run = project.runs_by_method()[method]
        assert files(project, run, "figures") == {f"figures/{method}.svg"}


def test_tracking_the_same_comparison_again_changes_nothing(project: Any) -> None:
    project.write_comparison("first")
    track(Layout())
    before = project.snapshot()

    line = track(Layout())

    assert "(0 new)" in line
    assert project.snapshot() == before


def test_another_comparison_of_the_same_models_is_another_run_and_updates_theirs(
    project: Any,
) -> None:
    project.write_comparison("first")
    track(Layout())
    project.write_comparison("second")

    line = track(Layout())

    assert "(0 new, 5 updated, a new comparison)" in line
    notes = [
        run.data.tags["mlflow.note.content"]
        for run in project.runs().values()
        if run.info.run_name == "comparison"
    ]
    assert sorted(notes) == ["# first", "# second"]
    client = project.client()
    (run,) = (run for run in project.runs().values() if run.info.run_name == METHODS[0])
    copy = client.download_artifacts(run.info.run_id, f"figures/{METHODS[0]}.svg")
    assert Path(copy).read_text() == "second"


def test_a_comparison_that_was_cut_off_is_made_anew(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_comparison("first")
    log_artifact = MlflowClient.log_artifact

    def cut_off(client: MlflowClient, run_id: str, path: str, *rest: Any) -> None:
        if path.endswith("index.html"):
            raise KeyboardInterrupt
        log_artifact(client, run_id, path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifact", cut_off)
        with pytest.raises(KeyboardInterrupt):
            track(Layout())
    assert project.runs_by_method()["comparison"].info.status == "RUNNING"
    track(Layout())

    assert set(project.runs_by_method()) == {*METHODS, "comparison"}
    assert {run.info.status for run in project.runs().values()} == {"FINISHED"}


def test_figures_that_were_not_checked_out_are_told(project: Any) -> None:
    project.write_comparison("first")
    Path("reports/figures/drawings.json").unlink()
    with pytest.raises(PipelineError, match=r"drawings\.json is missing.*dvc checkout"):
        track(Layout())
