"""Reading ``params.yaml``: all of it is checked before any stage begins its work."""

import difflib
import reprlib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError, create_model

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import YAMLError, load_yaml
from dogs_vs_cats.settings import sections

PARAMS = Path("params.yaml")
Kind = TypeVar("Kind", bound=sections.Settings)
_TOLD = 30
"""Problems told of one file: another file by mistake has thousands."""


class Params(sections.Settings):
    """``params.yaml``: a field a section, and :meth:`method` for the methods' sections."""

    data: sections.DataSettings
    sample: sections.SampleSettings
    classes: sections.ClassNames
    split: sections.SplitSettings
    compute: sections.ComputeSettings
    backbone: sections.BackboneSettings
    head: sections.HeadSettings
    augmentation: sections.AugmentationSettings
    validation: sections.ValidationSettings = Field(alias="validate")
    evaluate: sections.EvaluateSettings
    compare: sections.CompareSettings
    robustness: sections.RobustnessSettings
    visualize: sections.VisualizeSettings
    report: sections.ReportSettings

    def method(self, method: Method) -> sections.TrainingSettings:
        """The section of a method."""
        section: sections.TrainingSettings = getattr(self, method)
        return section


_WithMethods: type[Params] = create_model(
    "_WithMethods",
    __base__=Params,
    **dict.fromkeys(METHODS, (sections.TrainingSettings, ...)),  # type: ignore[call-overload]
)


def read_params(path: Path = PARAMS) -> Params:
    """Read and check every section, so that a mistake ends the first stage and not the last.

    Raises:
        PipelineError: see :func:`read_settings`.
    """
    return read_settings(path, _WithMethods)


def read_settings(path: Path, kind: type[Kind]) -> Kind:
    """Read and check a file of parameters as a whole.

    Args:
        path: of the YAML file.
        kind: what its sections may hold.

    Raises:
        PipelineError: the file is missing, is not YAML, or holds a key or value that cannot be
            used; every one is named, with what was expected and received.
    """
    try:
        content = load_yaml(path.read_bytes())
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run from the root of the project.") from None
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}.") from None
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from None
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = [f"\n  {_told(problem, kind)}" for problem in error.errors()]
        if len(problems) > _TOLD:
            problems[_TOLD:] = [f"\n  and {len(problems) - _TOLD} more"]
        raise PipelineError(
            f"{path} has settings that cannot be used:{''.join(problems)}"
        ) from None


def _told(problem: Any, kind: type[sections.Settings]) -> str:
    *parents, key = problem["loc"] or ("",)
    place = ".".join(map(_plain, problem["loc"])) or "the whole file"
    match problem["type"]:
        case "missing":
            return f"{place}: is missing"
        case "extra_forbidden":
            near = difflib.get_close_matches(str(key), _keys(parents, kind), n=1)
            hint = (
                f"; did you mean {near[0]}?"
                if near
                else f"; known: {', '.join(_keys(parents, kind))}"
            )
            return f"{place}: there is no such setting{hint}"
    return f"{place}: {problem['msg']} (received {reprlib.repr(problem['input'])})"


def _plain(key: str | int) -> str:
    """A key as it is read, but neither endless nor with what a terminal would obey."""
    name = str(key)
    return name if name.isprintable() and len(name) < 50 else reprlib.repr(name)


def _keys(parents: list[str | int], kind: type[sections.Settings]) -> list[str]:
    """The keys that the section at a place knows, as ``params.yaml`` spells them."""
    model: Any = kind
    for parent in parents:
        model = next(
            field.annotation
            for name, field in model.model_fields.items()
            if parent in (name, field.alias)
        )
    return [field.alias or name for name, field in model.model_fields.items()]
