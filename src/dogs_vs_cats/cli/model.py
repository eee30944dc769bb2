"""The one way in which commands choose a model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable

if TYPE_CHECKING:
    from dogs_vs_cats.prediction.model_file import Model

_OPTIONS = (
    click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="A .keras file."),
    click.option(
        "--method", type=click.Choice(METHODS), help="This method's model in data/models."
    ),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that :func:`load` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def load(model: Path | None, method: str | None) -> "Model":
    """Load the named model or the champion, and say on standard error which one it is.

    Raises:
        PipelineError: see :mod:`dogs_vs_cats.prediction.model_file`.
    """
    if model is not None and method is not None:
        raise click.UsageError("--model and --method both name a model; give one of them.")
    from dogs_vs_cats.prediction import model_file
    from dogs_vs_cats.settings import ComputeSettings
    from dogs_vs_cats.tracking.store import project_root

    advice = model_file.Advice(
        project="Go to its root (`cd`)",
        model="name a model with --method METHOD (of a project) or --model FILE (anywhere)",
    )
    named = Layout().model(method) if method else model
    with model_file.model_file(named, project_root(), advice) as found:
        # Not before: TensorFlow takes seconds, and a mistake is told at once.
        from dogs_vs_cats.compute.device import set_up

        set_up(ComputeSettings(precision="float32"), seed=0)
        loaded = model_file.load(found)
    click.echo(f"Model: {printable(loaded.name)}", err=True)
    return loaded
