"""What a run's surroundings say about a difference."""

from dataclasses import replace
from importlib.metadata import version

from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage
from dogs_vs_cats.verification.causes import Surroundings, causes, other_packages, run_behind

OUT = Recorded("model", "1" * 32, 1, 1)
DATA = Recorded("data", "2" * 32, 1, 1)
SPLIT = Stage("split", "python split.py", {}, {"data": DATA}, {}, "")
TRAIN = Stage("train", "python train.py", {"data": DATA}, {"model": OUT}, {"epochs": 2}, "")
LOCK = Lock({"split": SPLIT, "train": TRAIN})


def tracked(name: str, **tags: str) -> TrackedRun:
    return TrackedRun(name, name, "FINISHED", tags, {}, {}, None)


def around(recorded: dict[str, str] | None, now: dict[str, str]) -> Surroundings:
    return Surroundings(recorded, now, [])


def test_only_what_both_know_and_what_can_matter_is_compared() -> None:
    recorded = {"cpu": "old", "device": "GPU", "memory_gib": "8.0", "python": "3.11.7"}
    now = {"cpu": "new", "memory_gib": "16.0", "python": "3.11.7", "keras": "3.15"}
    assert causes(TRAIN, TRAIN, LOCK, around(recorded, now)) == [
        "other processor: recorded old, here new"
    ]


def test_of_the_processors_features_those_that_differ_are_named() -> None:
    recorded, now = {"cpu_features": "amx_bf16 avx2 fma"}, {"cpu_features": "avx2 avx512f fma"}
    assert causes(TRAIN, TRAIN, LOCK, around(recorded, now)) == [
        "other processor features: amx_bf16 not here; avx512f only here"
    ]


def test_another_command_is_named() -> None:
    made = replace(TRAIN, command="python train.py --fast")
    assert causes(TRAIN, made, LOCK, around({}, {})) == [
        "other command in dvc.yaml: python train.py -> python train.py --fast"
    ]


def test_a_folder_that_several_stages_fill_and_a_file_of_a_stages_folder_are_inputs() -> None:
    reads = {"models": Recorded("models", "3" * 32, 2, 2), "data/test": DATA}
    stage = Stage("evaluate", "", reads, {}, {}, "")
    model = Recorded("models/a", "4" * 32, 1, 1)
    lock = Lock({**LOCK.stages, "a": Stage("a", "", {}, {"models/a": model}, {}, "")})
    made = replace(stage, deps={path: replace(dep, md5="5" * 32) for path, dep in reads.items()})
    assert causes(stage, made, lock, around({}, {})) == [
        "other inputs: data/test, models of an earlier stage"
    ]
    only_models = replace(stage, deps={"models": reads["models"]})
    (found,) = causes(only_models, only_models, lock, around({}, {}))
    assert "does not give the same bytes twice" in found


def test_a_stage_without_a_run_says_so() -> None:
    found = causes(TRAIN, TRAIN, LOCK, around(None, {"cpu": "new"}))
    assert "does not give the same bytes twice" in found[0]
    assert "MLflow has no run of it" in found[1]


def test_what_comes_from_outside_may_be_another() -> None:
    (found,) = causes(SPLIT, SPLIT, LOCK, around({}, {}))
    assert "what it takes from outside" in found


def test_the_run_that_made_the_model_tells_most() -> None:
    own = {"dvc.model_md5": OUT.md5}
    runs = [tracked("same revision", **{"git.revision": "r"}), tracked("own", **own)]
    assert run_behind(LOCK, "train", "r", runs) is runs[1]
    assert run_behind(LOCK, "split", "r", runs) is runs[1]
    assert run_behind(LOCK, "train", "r", runs[:1]) is runs[0]
    assert run_behind(LOCK, "train", "other", runs[:1]) is None


def test_packages_in_another_version_than_locked_are_named() -> None:
    requirements = (
        f"numpy=={version('numpy')} \\\n    --hash=sha256:{'0' * 64}\n"
        'click==0.0.1 ; python_version < "3.12"\nclick==0.0.2\n'
        "no-such-package==1.0\n"
    )
    assert other_packages(requirements) == [f"click {version('click')} (locked 0.0.1 or 0.0.2)"]
