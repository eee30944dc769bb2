"""Who is champion: an office that is won on the same pictures, and can be taken back."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tracked_project import CLASSES

from dogs_vs_cats.cli.champion import command
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.mirror import track


def said(*arguments: str) -> Any:
    done = CliRunner().invoke(command, arguments)
    if done.exception:
        raise done.exception
    return done.stdout


def champion() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(said("--json"))
    return told


@pytest.fixture
def tracked(project: Any) -> Any:
    """A project whose champion is version 4, frozen_base, with 90 % on validation."""
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    return project


def test_the_first_champion_tells_why_and_since_when(tracked: Any) -> None:
    told = champion()
    assert (told["version"], told["method"], told["before"]) == ("4", "frozen_base", None)
    assert "most accurate on validation of those trained, 90.00%" in told["why"]
    assert told["since"].endswith("+00:00")
    assert "frozen_base" in said()


def test_a_worse_training_does_not_take_the_office_of_the_one_it_replaces(tracked: Any) -> None:
    tracked.write_reached("frozen_base", validation_accuracy=0.8)
    assert "Champion" not in track(Layout())
    assert champion()["version"] == "4"


def test_an_equal_one_does_not_take_it_either(tracked: Any) -> None:
    tracked.write_reached("small_convnet", validation_accuracy=0.9)
    track(Layout())
    assert champion()["version"] == "4"


@pytest.mark.parametrize("accuracy", [0.5, 0.99])
def test_an_experiment_does_not_touch_it_unless_asked(
    tracked: Any, monkeypatch: pytest.MonkeyPatch, accuracy: float
) -> None:
    before = champion()
    monkeypatch.setenv("DVC_EXP_NAME", "warm-cat")
    tracked.write_reached("frozen_base", validation_accuracy=accuracy)
    line = track(Layout())
    assert champion() == before
    assert ("`dogs-vs-cats champion set 6`" in line) == (accuracy > 0.9)
    said("set", "6")
    assert champion()["version"] == "6"


def test_an_experiment_in_an_empty_registry_does_not_take_it(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "warm-cat")
    assert "No champion: an experiment does not take the office" in track(Layout())
    with pytest.raises(PipelineError, match="no model dogs-vs-cats@champion"):
        champion()
    monkeypatch.delenv("DVC_EXP_NAME")
    track(Layout())
    assert champion()["version"]


def test_a_better_one_takes_it_with_a_paired_test_on_the_same_pictures(tracked: Any) -> None:
    rng = np.random.default_rng(0)
    (tracked.root / "data/classes.json").write_text(json.dumps(CLASSES))
    for name in CLASSES:
        folder = tracked.root / "data/splits/validation" / name
        folder.mkdir(parents=True)
        for number in range(4):
            picture = rng.integers(0, 256, (20, 30, 3), np.uint8)
            Image.fromarray(picture).save(folder / f"{number}.png")
    tracked.write_reached("small_convnet", validation_accuracy=0.95)
    line = track(Layout())
    told = champion()
    assert (told["version"], told["before"]) == ("6", "4")
    assert told["test"]["pictures"] == 8
    assert 0 < told["test"]["p_value"] <= 1
    assert "95.00% on validation, version 4 (frozen_base) 90.00%" in told["why"]
    assert "exact McNemar test, p = " in told["why"]
    assert told["why"] in line
    assert "`dogs-vs-cats champion restore` takes it back" in line


def test_without_the_pictures_it_says_that_nothing_was_tested(tracked: Any) -> None:
    tracked.write_reached("small_convnet", validation_accuracy=0.95)
    track(Layout())
    assert champion()["test"] is None
    assert "no paired test: data/splits/validation is not here" in champion()["why"]


def test_a_change_is_taken_back_by_one_command_and_stays_so(tracked: Any) -> None:
    tracked.write_reached("small_convnet", validation_accuracy=0.95)
    track(Layout())
    said("restore")
    assert "Champion" not in track(Layout())
    assert champion()["version"] == "4"
    assert champion()["why"] == "chosen by hand"
    tracked.write_reached("small_convnet", validation_accuracy=0.96)  # a new training may compete
    track(Layout())
    assert champion()["version"] == "7"


def test_other_validation_pictures_are_not_compared(tracked: Any) -> None:
    tracked.validation["md5"] = "9" * 32 + ".dir"
    tracked.write_reached("frozen_base", validation_accuracy=0.99)
    for method in ("small_convnet", "augmented_convnet", "feature_extraction", "fine_tuning"):
        tracked.write_reached(method, validation_accuracy=0.7)
    line = track(Layout())
    assert "version 4 (frozen_base) stays. Now other pictures are for validation" in line
    number = line.partition("champion set ")[2].partition("`")[0]
    assert champion()["version"] == "4"
    said("set", number)
    assert champion()["method"] == "frozen_base"
    assert champion()["version"] == number != "4"


def test_a_champion_whose_run_was_deleted_is_followed(tracked: Any) -> None:
    (run,) = (run for run in tracked.runs().values() if run.info.run_name == "frozen_base")
    tracked.write_reached("frozen_base", validation_accuracy=0.8)
    tracked.client().delete_run(run.info.run_id)
    assert "The run of version 4 (frozen_base) was deleted" in track(Layout())
    assert champion()["version"] == "6"


@pytest.mark.parametrize("arguments", [("set", "77"), ("restore",)])
def test_what_is_not_there_cannot_be_chosen(tracked: Any, arguments: tuple[str, ...]) -> None:
    with pytest.raises(PipelineError, match=r"sqlite:///mlflow\.db (has no version 77|records no)"):
        said(*arguments)
    assert champion()["version"] == "4"
