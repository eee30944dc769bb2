import json
from pathlib import Path
from typing import Any

import pytest
from report_inputs import BASE, MD5S, Project, backbones

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.tracking.lineage import read_lock, results_digest


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("reports/evaluation.json", "evaluate"),
        ("reports/significance.csv", "evaluate"),
        ("reports/cost.json", "evaluate"),
        ("reports/errors.json", "evaluate"),
        ("reports/near_duplicates.csv", "evaluate"),
        ("reports/backbones.csv", "compare_bases"),
        ("reports/learning_curve.csv", "compare_bases"),
        ("reports/seeds.csv", "seeds"),
        ("reports/robustness.csv", "robustness"),
        ("reports/typicality.csv", "robustness"),
        ("reports/validation.json", "validate"),
        ("reports/figures/drawings.json", "visualize"),
        ("reports/figures/accuracy_example.svg", "visualize"),
        ("reports/training/frozen_base.json", "train_frozen_base"),
        ("data/raw/source.json", "download"),
        ("data/excluded.csv", "split"),
    ],
)
def test_a_missing_input_is_named_with_the_stage_that_makes_it(
    project: Project, path: str, stage: str
) -> None:
    (project.root / path).unlink()
    with pytest.raises(PipelineError) as caught:
        read_results(project.layout)
    assert path in str(caught.value)
    assert f"dvc repro {stage}" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("reports/evaluation.json", "{"),
        ("reports/evaluation.json", "[]"),
        ("reports/evaluation.json", '{"small_convnet": {"accuracy": 0.5}}'),
        ("reports/significance.csv", ""),
        ("reports/significance.csv", "method_a,method_b\n"),
        ("reports/backbones.csv", ",".join(backbones()[0]) + "\n"),
        ("reports/figures/drawings.json", '[{"file": "a.svg"}]'),
    ],
)
def test_an_input_of_another_shape_is_refused(project: Project, path: str, content: str) -> None:
    (project.root / path).write_text(content, encoding="utf-8")
    with pytest.raises(PipelineError, match="dvc repro -f"):
        read_results(project.layout)


def test_the_time_to_a_model_is_that_of_all_it_starts_from(project: Project) -> None:
    times = read_results(project.layout).times
    assert {method: (time.seconds, time.shared, time.whole) for method, time in times.items()} == {
        "small_convnet": (100, {}, 100),
        "augmented_convnet": (150, {}, 150),
        "feature_extraction": (200, {"features": 20}, 220),
        "frozen_base": (250, {"views": 30}, 280),
        "fine_tuning": (300, {"views": 30, "frozen_base": 250}, 580),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"folder_md5": "f" * 32},  # of another pass
        {"seconds": "long"},
        {"seconds": float("nan")},
        None,  # no file
    ],
)
def test_a_pass_whose_time_is_not_known_takes_no_zero_seconds(
    project: Project, change: dict[str, Any] | None
) -> None:
    timing = project.reports / "timings" / "views.json"
    value = json.loads(timing.read_text(encoding="utf-8"))
    timing.unlink()
    if change:
        timing.write_text(json.dumps(value | change), encoding="utf-8")
    times = read_results(project.layout).times
    assert (times["frozen_base"].shared, times["frozen_base"].whole) == ({"views": None}, None)
    assert times["fine_tuning"].whole is None
    assert times["feature_extraction"].whole == 220


def test_times_of_another_training_are_not_shown(project: Project) -> None:
    timings = project.reports / "timings" / "frozen_base.json"
    value = json.loads(timings.read_text(encoding="utf-8"))
    timings.write_text(json.dumps(value | {"model_md5": "f" * 32}), encoding="utf-8")
    (project.reports / "timings" / "augmented_convnet.json").unlink()
    found = read_results(project.layout).times
    assert list(found) == ["small_convnet", "feature_extraction", "fine_tuning"]
    assert found["fine_tuning"].shared == {"views": 30, "frozen_base": None}


def test_a_device_that_only_a_pass_ran_on_is_among_a_methods_devices(project: Project) -> None:
    timing = project.reports / "timings" / "views.json"
    value = json.loads(timing.read_text(encoding="utf-8"))
    timing.write_text(json.dumps(value | {"device": "GPU: Loom"}), encoding="utf-8")
    times = read_results(project.layout).times
    assert times["frozen_base"].devices == ("CPU: Abacus, 2 cores", "GPU: Loom")
    assert times["feature_extraction"].devices == ("CPU: Abacus, 2 cores",)


def test_excluded_pictures_are_counted_by_reason_the_most_frequent_first(project: Project) -> None:
    reasons = [
        "empty file",
        "the same bytes as another picture: a/1.jpg",
        "the same bytes as another picture: b, the second: 2.jpg",
        "does not decode: Premature end",
        "does not decode: broken data stream",
        "does not decode",
    ]
    rows = [{"file": f"{n}.jpg", "class": "cat", "reason": r} for n, r in enumerate(reasons)]
    project.write_csv("data/excluded.csv", ("file", "class", "reason"), rows)
    assert list(read_results(project.layout).excluded.items()) == [
        ("does not decode", 3),
        ("the same bytes as another picture", 2),
        ("empty file", 1),
    ]


def test_the_locks_digest_follows_results_but_not_what_always_runs(tmp_path: Path) -> None:
    def digest(stages: dict[str, str]) -> str:
        lock = tmp_path / "dvc.lock"
        entries = {name: {"cmd": cmd} for name, cmd in stages.items()}
        lock.write_text(json.dumps({"schema": "2.0", "stages": entries}), encoding="utf-8")
        return results_digest(read_lock(lock))

    plain = digest({"split": "a", "evaluate": "b"})
    assert digest({"evaluate": "b", "split": "a", "report": "c", "track": "d"}) == plain
    assert digest({"split": "a", "evaluate": "changed"}) != plain


def test_packages_need_no_lock_file(project: Project) -> None:
    project.layout.requirements.unlink()
    assert read_results(project.layout).reproduction.requirements_sha256 is None


def test_the_time_of_a_bases_pass_is_that_of_the_features_which_dvc_records(
    project: Project,
) -> None:
    assert read_results(project.layout).pass_seconds == {
        "vgg16-150": 20.0,  # not in compare.backbones: stage features passed it
        "efficientnet_lite0-224": 50.0,
    }
    timing = project.reports / "timings" / "efficientnet_lite0-224.json"
    timing.write_text(timing.read_text().replace(MD5S[BASE], "f" * 32))
    assert read_results(project.layout).pass_seconds == {"vgg16-150": 20.0}


def test_the_base_of_the_methods_is_known(project: Project) -> None:
    assert read_results(project.layout).base == "vgg16"
