"""The command line: ``dogs-vs-cats``, or ``python -m dogs_vs_cats``."""

import importlib
import os
import sys
from typing import Any

import click

import dogs_vs_cats
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.surroundings import without_steering

COMMANDS = {
    "audit": "Which data made a model, and whether all is still as it was recorded.",
    "backbones": "Which networks can serve as a base.",
    "champion": "Which registered model answers, since when and why; to choose another.",
    "doctor": "What the pipeline would run on, and whether it can.",
    "drift": "Whether pictures are still of the kind that the models were tested on.",
    "export": "A model for another runtime: ONNX, OpenVINO, LiteRT, TensorFlow.",
    "explain": "What a model looks at in a picture.",
    "lesson": "Pages that explain convnets, every number computed; they need no model.",
    "preset": "Settings that go together, such as the lecture's, for `dvc exp run`.",
    "predict": "What is in these pictures, by the best model or a named one.",
    "serve": "A model as a web service, with a page to drop pictures on.",
    "submit": "Answers for the competition's unlabelled pictures, as Kaggle takes them.",
    "verify": "Whether a committed state gives the same results again.",
}
"""Name of each command, which is a module of :mod:`dogs_vs_cats.cli` with a function ``command``,
and what the overview says of it."""


class _Lazy(click.Group):
    """Imports a command's module when it is asked for; its stand-in is enough to name it."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"dogs_vs_cats.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except stage.Terminated:
            sys.exit(143)
        except KeyboardInterrupt:
            sys.exit(130)  # click's own 1 would read as an answer, such as "not the same"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, commands={name: click.Command(name) for name in COMMANDS})
@click.version_option(dogs_vs_cats.__version__, prog_name="dogs-vs-cats")
def cli() -> None:
    """Classes of pictures, told apart in five ways: ask the models, trace them, check them."""


def main() -> None:
    kept = without_steering(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    stage.end_cleanly(cli)


if __name__ == "__main__":
    main()
