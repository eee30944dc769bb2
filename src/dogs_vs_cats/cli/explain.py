"""``dogs-vs-cats explain``: what a model says of a picture, and which places made it say so."""

import json
import os
from pathlib import Path

import click

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.cli import model as models
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.text import printable

SUFFIXES = (".jpg", ".png", ".svg")
IMAGENET = sorted(name for name, backbone in BACKBONES.items() if backbone.carried)
"""Networks whose ImageNet top can be had. The first is the default."""


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@models.options
@click.option(
    "--class",
    "names",
    metavar="NAME",
    multiple=True,
    help="Draw the heatmap of this class; may be repeated. Default: of two classes both, else the"
    " three likeliest.",
)
@click.option(
    "--imagenet",
    is_flag=True,
    help="A network with its ImageNet top: the five likeliest of the thousand classes.",
)
@click.option(
    "--backbone",
    type=click.Choice(IMAGENET),
    help=f"With --imagenet: which network. Default: {IMAGENET[0]}.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="With --backbone vgg16: Keras' weights file, if Keras cannot download it.",
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
    names: tuple[str, ...],
    imagenet: bool,
    backbone: str | None,
    weights: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Name what PICTURE shows, and draw heatmaps (Grad-CAM) of what spoke for its classes.

    The model is the one that `predict` asks: the registry's champion, unless one is named.
    """
    if imagenet and (model or method or names):
        raise click.UsageError("--imagenet is a model of its own, with its own classes.")
    if backbone and not imagenet:
        raise click.UsageError("--backbone needs --imagenet.")
    if weights is not None and backbone != "vgg16":
        raise click.UsageError("--weights needs --imagenet --backbone vgg16.")
    from dogs_vs_cats.prediction.files import unreadable

    output = output or Path(f"{picture.stem}-heatmap.jpg")
    if output.suffix not in SUFFIXES:
        raise PipelineError(f"{printable(str(output))} should end in {', '.join(SUFFIXES)}.")
    if not os.path.isfile(picture):  # noqa: PTH113 (it never raises)
        raise unreadable(picture)
    if imagenet:
        backbone = backbone or IMAGENET[0]
        name = f"{BACKBONES[backbone].title}, with ImageNet's classes"
        click.echo(f"Model: {name}", err=True)
    else:
        loaded = models.load(model, method)
        name = loaded.name

    from dogs_vs_cats.prediction import explanation
    from dogs_vs_cats.visualization.drawing import save_figure

    content = explanation.read_picture(picture)
    if backbone:
        explained = explanation.explain_imagenet(content, backbone, weights)
        likeliest: explanation.Answer = explained[0]
    else:
        labels = explanation.labels_of(names, loaded.classes)
        likeliest, explained = explanation.explain_classes(content, loaded, labels)
    figure = explanation.draw(content, explained)
    with whole_file(output) as temporary:
        save_figure(figure, temporary)
    if as_json:
        document = {
            "model": name,
            "file": str(picture),
            "class": likeliest.name,
            "probability": round(likeliest.probability, 6),
            "classes": [
                {"class": each.name, "probability": round(each.probability, 6)}
                for each in explained
            ],
            "heatmaps": str(output),
        }
        click.echo(json.dumps(document, indent=2))
    else:
        # ImageNet has two classes of one name here and there.
        best = (likeliest.name, likeliest.probability)
        others = [each for each in explained if (each.name, each.probability) != best]
        lines = [*map(str, (likeliest, *others)), f"Heatmaps: {output}"]
        click.echo("\n".join(map(printable, lines)))
