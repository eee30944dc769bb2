"""The one way in which commands choose a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable

_OPTIONS = (
    click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="A .keras file."),
    click.option(
        "--method", type=click.Choice(METHODS), help="This method's model in data/models."
    ),
    click.option(
        "--classes",
        nargs=2,
        metavar="FIRST SECOND",
        help="What its classes are called; default: as where it was trained.",
    ),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that :func:`load` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def load(
    model: Path | None, method: str | None, classes: tuple[str, str] | None
) -> tuple[Any, str, tuple[str, str]]:
    """Load the named model or the champion, and say on standard error which one it is.

    Returns:
        The Keras model, what to call it, and its classes.

    Raises:
        PipelineError: see :func:`dogs_vs_cats.prediction.model_file.model_file`.
    """
    if model is not None and method is not None:
        raise click.UsageError("--model and --method both name a model; give one of them.")
    from dogs_vs_cats.prediction.model_file import Advice, model_file
    from dogs_vs_cats.settings import ComputeSettings
    from dogs_vs_cats.tracking.store import project_root

    advice = Advice(
        project="Go to its root (`cd`)",
        model="name a model with --method METHOD (of a project) or --model FILE (anywhere)",
        classes="Name them with --classes FIRST SECOND",
    )
    named = Layout().model(method) if method else model
    with model_file(named, project_root(), advice, classes) as (file, name, classes):
        # Not before: TensorFlow takes seconds, and a mistake is told at once.
        from dogs_vs_cats.compute.device import set_up
        from dogs_vs_cats.models.saved import load_whole_model

        set_up(ComputeSettings(precision="float32"), seed=0)
        loaded = load_whole_model(file)
    click.echo(f"Model: {printable(name)}", err=True)
    return loaded, name, classes
