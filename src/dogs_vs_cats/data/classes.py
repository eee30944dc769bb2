"""The two classes, by name."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from dogs_vs_cats.params import Settings

ClassName = Annotated[str, Field(pattern="^[a-z0-9_-]+$")]


class ClassSettings(Settings):
    """The ``classes`` section of ``params.yaml``."""

    negative: ClassName
    """Label 0."""
    positive: ClassName
    """Label 1: a model's output is this class's probability."""

    @model_validator(mode="after")
    def _different(self) -> Self:
        if self.negative == self.positive:
            raise ValueError("classes needs two different names")
        return self

    @property
    def names(self) -> tuple[str, str]:
        """Both names; the index is the label."""
        return (self.negative, self.positive)
