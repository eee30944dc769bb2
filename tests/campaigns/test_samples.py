"""A small, seeded sample of each campaign."""

from pathlib import Path

from tests.campaigns import kills, parameters
from tests.campaigns.tiny import Tiny


def test_files_in_the_place_of_params_yaml_are_taken_or_refused() -> None:
    counts = parameters.run(count=150, seed=1, every=75)
    assert not counts.faults


def test_a_stage_that_is_killed_ends_as_if_undisturbed_when_it_runs_again(tmp_path: Path) -> None:
    project = Tiny(tmp_path / "project")
    project.prepare()
    assert not kills.run(project, ["download", "split"], count=6, seed=1).faults
