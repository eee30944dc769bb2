"""dvc.yaml names, for each stage, exactly the code and parameters that its outputs follow from."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dogs_vs_cats.methods import METHODS

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Any] = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
SCRIPTED = [name for name in STAGES if name not in ("report", "track")]

# Code without numbers: a change in it changes no output. ray_cluster brings pictures to the work
# and results back; the work is defined where it is imported.
WITHOUT_NUMBERS = re.compile(
    r"src/dogs_vs_cats/(tracking/.*|__init__|compute|errors|files|params|quiet|ray_cluster|stage"
    r"|tf_config|data/sources/.*)(\.py)?$"
)
# An archive's bytes are its source's, whatever code brings it.
NOT_FOR_DOWNLOAD = {"src/dogs_vs_cats/data/archive.py", "src/dogs_vs_cats/data/classes.py"}


def imported_files(script: Path) -> set[str]:
    """Every file of the project that a script imports, directly or not, also inside functions."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += direct_imports(file)
    return {file.relative_to(ROOT).as_posix() for file in seen}


@cache
def direct_imports(file: Path) -> list[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return [path for name in names for path in module_files(name)]


def module_files(name: str) -> Iterator[Path]:
    for folder in (ROOT / "src", ROOT / "pipeline"):
        base = folder.joinpath(*name.split("."))
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                yield candidate


def code_dependencies(stage: str) -> set[str]:
    return {dep for dep in STAGES[stage]["deps"] if dep.startswith(("src/", "pipeline/"))}


def script_of(stage: str) -> Path:
    return ROOT / STAGES[stage]["cmd"].split()[1]


def covers(dependency: str, file: str) -> bool:
    return file == dependency or file.startswith(dependency + "/")


@pytest.mark.parametrize("stage", SCRIPTED)
def test_a_stage_names_the_code_that_it_imports_and_no_other(stage: str) -> None:
    used = {
        file
        for file in imported_files(script_of(stage))
        if not WITHOUT_NUMBERS.match(file) and (ROOT / file).read_text().strip()
    }
    if stage == "download":
        used -= NOT_FOR_DOWNLOAD
    if stage.startswith("train_"):
        used -= {"src/dogs_vs_cats/methods.py"}  # a type alone
    named = code_dependencies(stage)
    unnamed = {file for file in used if not any(covers(dep, file) for dep in named)}
    modules = named - {"src/dogs_vs_cats/data/templates"}
    unused = {dep for dep in modules if not any(covers(dep, file) for file in used)}
    assert (unnamed, unused) == (set(), set())


@pytest.mark.parametrize("stage", SCRIPTED)
def test_a_stage_names_the_parameter_sections_that_its_script_reads(stage: str) -> None:
    read = set()
    for node in ast.walk(ast.parse(script_of(stage).read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "read_settings":
            assert isinstance(node.args[0], ast.Constant)
            read.add(node.args[0].value)
    if stage == "validate":
        read -= {"compute"}  # its engine alone, which changes no byte
    assert {param.split(".")[0] for param in STAGES[stage].get("params", [])} == read


def test_what_only_vgg16_uses_does_not_retrain_the_convnets() -> None:
    for method in ("small_convnet", "augmented_convnet"):
        params = STAGES[f"train_{method}"]["params"]
        assert not {"backbone", "backbone.preprocessing", "augmentation", "augmentation.views"} & {
            *params
        }


def test_every_named_file_of_the_project_exists() -> None:
    for stage in STAGES:
        for dependency in code_dependencies(stage):
            assert (ROOT / dependency).exists(), f"{stage} names {dependency}"


def test_only_a_methods_own_stage_depends_on_its_section() -> None:
    for method in METHODS:
        stages = [name for name, stage in STAGES.items() if method in stage.get("params", [])]
        assert [name for name in stages if name.startswith("train_")] == [f"train_{method}"]


def test_no_training_sees_the_test_split() -> None:
    for method in METHODS:
        assert "data/splits/test" not in STAGES[f"train_{method}"]["deps"]


def test_fine_tuning_starts_from_the_trained_frozen_base() -> None:
    assert "data/models/frozen_base.keras" in STAGES["train_fine_tuning"]["deps"]
