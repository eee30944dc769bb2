"""Reading ``params.yaml``: each module declares the settings it uses, this checks them."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dogs_vs_cats.errors import PipelineError

PARAMS = Path("params.yaml")

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
Natural = Annotated[int, Field(ge=0)]


class Settings(BaseModel):
    """Base of every settings class: immutable, typed, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


S = TypeVar("S", bound=Settings)


def read_settings(section: str, settings: type[S], path: Path = PARAMS) -> S:
    """Read one top-level section of ``params.yaml`` as ``settings``.

    Raises:
        PipelineError: the file or section is missing, is not YAML, or holds a key or value that
            ``settings`` refuses; every refused key is named with what was expected and received.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run from the root of the project.") from None
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(content, dict) or section not in content:
        raise PipelineError(f"{path} has no section '{section}'.")
    try:
        return settings.model_validate(content[section])
    except ValidationError as error:
        problems = "".join(
            f"\n  {'.'.join(map(str, (section, *problem['loc'])))}: {problem['msg']}"
            f" (received {problem['input']!r})"
            for problem in error.errors()
        )
        raise PipelineError(f"{path} has settings that cannot be used:{problems}") from None
