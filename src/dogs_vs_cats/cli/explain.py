"""``dogs-vs-cats explain``: what a model says of a picture, and which places made it say so."""

import json
import os
from pathlib import Path

import click

from dogs_vs_cats.cli import model as models
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.prediction.files import unreadable
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.text import printable

SUFFIXES = (".jpg", ".png", ".svg")


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@models.options
@click.option(
    "--imagenet", is_flag=True, help="VGG16 with its ImageNet top: the five likeliest classes."
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="With --imagenet: Keras' weights file, if Keras cannot download it.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The figure (.jpg, .png or .svg); default: PICTURE's name and -heatmap.jpg, here.",
)
@as_json
def command(
    picture: Path,
    model: Path | None,
    method: str | None,
    classes: tuple[str, str] | None,
    imagenet: bool,
    weights: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Name what PICTURE shows, and draw the heatmap (Grad-CAM) of each class.

    The model is the one that `predict` asks: the registry's champion, unless one is named.
    """
    if imagenet and (model or method or classes):
        raise click.UsageError("--imagenet is a model of its own, with its own classes.")
    if weights is not None and not imagenet:
        raise click.UsageError("--weights needs --imagenet.")
    output = output or Path(f"{picture.stem}-heatmap.jpg")
    if output.suffix not in SUFFIXES:
        raise PipelineError(f"{printable(str(output))} should end in {', '.join(SUFFIXES)}.")
    if not os.path.isfile(picture):  # noqa: PTH113 (it never raises)
        raise unreadable(picture)
    if imagenet:
        name = "VGG16, with ImageNet's classes"
        click.echo(f"Model: {name}", err=True)
    else:
        loaded, name, labels = models.load(model, method, classes)

    from dogs_vs_cats.prediction import explanation
    from dogs_vs_cats.visualization.drawing import save_figure

    content = explanation.read_picture(picture)
    if imagenet:
        named = explained = explanation.explain_imagenet(content, weights)
    else:
        explained = explanation.explain_classes(content, loaded, labels)
        named = [max(explained, key=lambda each: each.probability)]
    figure = explanation.draw(content, explained)
    with whole_file(output) as temporary:
        save_figure(figure, temporary)
    if as_json:
        told = [{"class": one.name, "probability": round(one.probability, 6)} for one in explained]
        document = {"model": name, "file": str(picture), "classes": told, "heatmaps": str(output)}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo("\n".join([*map(str, named), f"Heatmaps: {printable(str(output))}"]))
