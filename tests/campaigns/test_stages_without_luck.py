"""A small, seeded sample of the campaigns against the stages."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.campaigns import full_disk, kills, parameters
from tests.campaigns.tiny import Tiny

SAMPLE = ["download", "split"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    project = Tiny(tmp_path_factory.mktemp("campaign") / "project")
    project.prepare()
    for stage in SAMPLE:
        assert project.stage(stage).code == 0
    return project


def may_mount(folder: Path) -> bool:
    """Whether this user may mount, which also root may not in most containers."""
    mount = ("mount", "-t", "tmpfs", "none", folder)
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        return False
    return not subprocess.run(("umount", folder), check=False).returncode


def test_files_in_the_place_of_params_yaml_are_taken_or_refused() -> None:
    assert not parameters.run(count=150, seed=1, every=75).faults


def test_a_stage_that_is_killed_ends_as_if_undisturbed_when_it_runs_again(project: Tiny) -> None:
    assert not kills.run(project, ["download"], count=3, seed=1).faults


def test_a_full_disk_is_told_with_its_place_and_takes_nothing(
    project: Tiny, tmp_path: Path
) -> None:
    if not may_mount(tmp_path):
        pytest.skip("may not mount a disk to fill")
    assert not full_disk.run(project, ["split"], count=4, seed=1).faults
