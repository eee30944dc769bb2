from pathlib import Path

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


def test_every_setting_of_the_demo_is_one_of_the_pipelines() -> None:
    committed = load_yaml((ROOT / "params.yaml").read_bytes())
    for section, values in SETTINGS.items():
        assert set(values) <= set(committed[section]), section
