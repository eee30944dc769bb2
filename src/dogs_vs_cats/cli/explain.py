"""``dogs-vs-cats explain``: what a model says of a picture, and which places made it say so."""

from pathlib import Path

import click

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.layout import Layout

SUFFIXES = (".jpg", ".png", ".svg")


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="A saved model (.keras).")
@click.option(
    "--method", type=click.Choice(METHODS), help="A method trained here; default: fine_tuning."
)
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
def command(
    picture: Path,
    model: Path | None,
    method: str | None,
    imagenet: bool,
    weights: Path | None,
    output: Path | None,
) -> None:
    """Name what PICTURE shows, and draw the heatmap (Grad-CAM) of each class."""
    if (model is not None) + (method is not None) + imagenet > 1:
        raise click.UsageError("--model, --method and --imagenet exclude each other.")
    if weights is not None and not imagenet:
        raise click.UsageError("--weights needs --imagenet.")
    output = output or Path(f"{picture.stem}-heatmap.jpg")
    if output.suffix not in SUFFIXES:
        raise PipelineError(f"{output} should end in {', '.join(SUFFIXES)}.")

    from dogs_vs_cats.prediction import explanation
    from dogs_vs_cats.visualization.drawing import save_figure

    content = explanation.read_picture(picture)
    if imagenet:
        named = explained = explanation.explain_imagenet(content, weights)
    else:
        path = model or Layout().model(method or "fine_tuning")
        explained = explanation.explain_method(content, path)
        named = [max(explained, key=lambda each: each.probability)]
    figure = explanation.draw(content, explained)
    with whole_file(output) as temporary:
        save_figure(figure, temporary)
    click.echo("\n".join([*map(str, named), f"Heatmaps: {output}"]))
