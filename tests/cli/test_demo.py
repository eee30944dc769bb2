import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dogs_vs_cats.cli.demo import ROOT, SETTINGS, prepare
from dogs_vs_cats.project.yaml_text import load_yaml
from dogs_vs_cats.settings import read_params


def test_the_demo_is_the_committed_pipeline_with_other_parameters(tmp_path: Path) -> None:
    prepare(tmp_path, {"split": {"train": 7}, "data": {"source": "sample"}})
    assert (tmp_path / "dvc.yaml").read_bytes() == (ROOT / "dvc.yaml").read_bytes()
    scripts = {path.name for path in (tmp_path / "pipeline").glob("*.py")}
    assert scripts == {path.name for path in (ROOT / "pipeline").glob("*.py")}
    committed = load_yaml((ROOT / "params.yaml").read_bytes())
    changed = load_yaml((tmp_path / "params.yaml").read_bytes())
    assert changed["split"].pop("train") == 7
    assert changed["data"].pop("source") == "sample"
    del committed["split"]["train"], committed["data"]["source"]
    assert changed == committed


def test_preparing_again_keeps_what_was_built_and_takes_the_new_code(tmp_path: Path) -> None:
    prepare(tmp_path, {})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/built").touch()
    (tmp_path / "pipeline/old.py").touch()
    prepare(tmp_path, {"split": {"seed": 3}})
    assert (tmp_path / "data/built").exists()
    assert not (tmp_path / "pipeline/old.py").exists()
    assert read_params(tmp_path / "params.yaml").split.seed == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_demo_that_is_stopped_stops_its_stage(tmp_path: Path, number: int, code: int) -> None:
    prepare(tmp_path, {})
    (tmp_path / "dvc.yaml").write_text("stages: {wait: {cmd: python wait.py}}")
    (tmp_path / "wait.py").write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from dogs_vs_cats.project import stage\n"
        "def main():\n"
        "    try:\n"
        "        Path('begun').touch()\n"
        "        time.sleep(600)\n"
        "    finally:\n"
        "        Path('ended').touch()\n"
        "stage.run(main)\n"
    )
    demo = (
        "from pathlib import Path\n"
        "from dogs_vs_cats.cli.demo import reproduce\n"
        "from dogs_vs_cats.project import stage\n"
        "stage.end_cleanly(lambda: reproduce(Path()))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", demo], cwd=tmp_path)
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait() == code
    assert (tmp_path / "ended").exists()


def test_every_setting_of_the_demo_is_one_of_the_pipelines() -> None:
    committed = load_yaml((ROOT / "params.yaml").read_bytes())
    for section, values in SETTINGS.items():
        assert set(values) <= set(committed[section]), section


def test_compiled_files_are_no_part_of_the_code_that_dvc_records(tmp_path: Path) -> None:
    prepare(tmp_path, {})
    assert "__pycache__" in (tmp_path / ".dvcignore").read_text().split()
