"""dvc.yaml names, for each stage, exactly the code and parameters that its outputs follow from."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.yaml_text import load_yaml

ROOT = Path(__file__).parents[1]
PIPELINE = load_yaml((ROOT / "dvc.yaml").read_bytes())
CODE = PIPELINE["vars"][0]["code"]
STAGES: dict[str, Any] = PIPELINE["stages"]
MNIST: dict[str, Any] = load_yaml((ROOT / "mnist" / "dvc.yaml").read_bytes())["stages"]
ALL = STAGES | {f"mnist_{name}": stage for name, stage in MNIST.items()}
PREDICTIONS = ["reports/predictions"]
SCRIPTED = [name for name in ALL if name not in ("report", "track", "mnist_track")]

# Rooms without numbers: a change in them changes no output. `cluster` brings pictures to the work
# and results back; the work is defined where it is imported. An archive's bytes are its source's,
# whatever code brings it. Translations change what a stage writes only where it uses a language.
WITHOUT_NUMBERS = re.compile(
    rf"{CODE}/(__init__\.py|methods/__init__\.py|mnist/(__init__|settings|sources|tracking)\.py"
    r"|(cluster|data/sources|language|project|settings|tracking)/.*)$"
)


def imported_files(*scripts: Path) -> set[str]:
    """The files with numbers that scripts import, directly or not, also inside functions."""
    seen: set[Path] = set()
    waiting = [*scripts]
    while waiting:
        file = waiting.pop()
        if file not in seen and not WITHOUT_NUMBERS.match(name_of(file)):
            seen.add(file)
            waiting += direct_imports(file)
    return {name_of(file) for file in seen if file.read_text().strip()}


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


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
    paths = {dep.replace("${code}", CODE) for dep in ALL[stage]["deps"]}
    return {path for path in paths if path.startswith(("src/", "pipeline/"))}


def uses_a_language(stage: str) -> bool:
    return any("language/" in name_of(file) for file in direct_imports(scripts_of(stage)[0]))


def scripts_of(stage: str) -> list[Path]:
    """The script that a stage runs, and the module of the method that it trains."""
    _, script, *method = re.sub(r"\$\{.*\}", "", ALL[stage]["cmd"]).split()
    return [ROOT / script, *(ROOT / CODE / "methods" / f"{name}.py" for name in method)]


def covers(dependency: str, file: str) -> bool:
    return file == dependency or file.startswith(dependency + "/")


@pytest.mark.parametrize("stage", SCRIPTED)
def test_a_stage_names_the_code_that_it_imports_and_no_other(stage: str) -> None:
    used = imported_files(*scripts_of(stage))
    named = code_dependencies(stage)
    unnamed = {file for file in used if not any(covers(dep, file) for dep in named)}
    unused = {dep for dep in named if not any(covers(dep, file) for file in used)}
    language = {f"{CODE}/language"} if uses_a_language(stage) else set()
    assert (unnamed, unused) == (set(), language)


@pytest.mark.parametrize("stage", SCRIPTED)
def test_a_stage_names_the_parameter_sections_that_it_reads(stage: str) -> None:
    read = {section for file in scripts_of(stage) for section in sections_read(file)}
    if stage == "validate":
        read -= {"compute"}  # its engine alone, which changes no byte
    assert {param.split(".")[0] for param in params_of(stage)} == read


def params_of(stage: str) -> list[str]:
    """As they are named of the file of the stage's pipeline."""
    params: list[Any] = ALL[stage].get("params", [])
    return [
        name
        for each in params
        for name in ([each] if isinstance(each, str) else each["mnist/params.yaml"])
    ]


def sections_read(file: Path) -> Iterator[str]:
    """The sections behind ``params.NAME``, ``params.method("NAME")`` and ``params.net(…)``."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(ast.Attribute(ast.Name("params"), "method"), [ast.Constant(name)]):
                yield name
            case ast.Call(ast.Attribute(ast.Name("params"), "net")):
                yield "${item"
            case ast.Attribute(ast.Name("params"), name) if name not in ("method", "net"):
                yield {"validation": "validate"}.get(name, name)


def test_what_only_vgg16_uses_does_not_retrain_the_convnets() -> None:
    for method in ("small_convnet", "augmented_convnet"):
        params = STAGES[f"train_{method}"]["params"]
        assert not {"backbone", "backbone.preprocessing", "augmentation", "augmentation.views"} & {
            *params
        }


def test_every_named_file_of_the_project_exists() -> None:
    for stage in ALL:
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


def test_a_class_that_is_never_predicted_stays_in_the_confusion_plot() -> None:
    """The axes of layers are one: each must be told of the classes of both columns."""
    (plot,) = (each["reports/predictions"] for each in PIPELINE["plots"] if [*each] == PREDICTIONS)
    spec = json.loads((ROOT / plot["template"]).read_text())["spec"]
    for axis in ("x", "y"):
        fields = {layer["encoding"].get(axis, {}).get("field") for layer in spec["layer"]}
        assert {"<DVC_METRIC_X>", "<DVC_METRIC_Y>"} <= fields


def test_dvc_shows_only_what_a_person_compares() -> None:
    shown = [path for stage in STAGES.values() for out in stage.get("metrics", ()) for path in out]
    assert shown == ["reports/metrics.json"]
