"""``dogs-vs-cats explain``: what a model says of a picture, and which places made it say so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.prediction.imagenet import IMAGE_SIZE, build_imagenet_vgg16, class_names
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.visualization import grad_cam, heatmaps
from dogs_vs_cats.visualization.drawing import save_figure, styled

MODELS = Path("data/models")
SHOWN_SIZE = 400
"""Side in pixels at which the picture is drawn; a model's input would look coarse."""
SUFFIXES = (".jpg", ".png", ".svg")
TOP = 5


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
    content = _read(picture)
    if imagenet:
        named, drawn = explain_imagenet(content, weights)
    else:
        path = model or MODELS / f"{method or 'fine_tuning'}.keras"
        named, drawn = explain_method(content, path)
    figure = draw(content, drawn)
    with whole_file(output) as temporary:
        save_figure(figure, temporary)
    for name, probability in named:
        click.echo(f"{name}: {heatmaps.percent(probability)}")
    click.echo(f"Heatmaps: {output}")


Named = list[tuple[str, float]]
"""Class and probability, the likeliest first."""
Drawn = list[tuple[str, npt.NDArray[np.float64]]]
"""What stands above a heatmap, and the heatmap: shape (``SHOWN_SIZE``, ``SHOWN_SIZE``), 0 to 1."""


def explain_method(content: bytes, path: Path) -> tuple[Named, Drawn]:
    """Both classes, by one of the five methods.

    Args:
        content: of a picture file.
        path: of the method's saved model.

    Raises:
        PipelineError: there is no such model.
    """
    if not path.is_file():
        raise PipelineError(
            f"{path} not found. Train it or fetch it (`dvc repro`, `dvc pull`), or name a model:"
            " --model PATH."
        )
    model = load_whole_model(path)
    pictures = decode(content, model.input.shape[1]).numpy()[np.newaxis]
    explanation = grad_cam.explain(model, pictures)
    classes = read_params().classes.names
    positive = float(explanation.probabilities[0])
    named = list(zip(classes, (1 - positive, positive), strict=True))
    return (
        sorted(named, key=lambda each: each[1], reverse=True)[:1],
        _drawn(named, explanation.network, explanation.maps[0]),
    )


def explain_imagenet(content: bytes, weights: Path | None) -> tuple[Named, Drawn]:
    """The likeliest of ImageNet's classes, by VGG16; each heatmap has a scale of its own.

    Args:
        content: of a picture file.
        weights: see :func:`dogs_vs_cats.prediction.imagenet.build_imagenet_vgg16`.

    Raises:
        PipelineError: weights or class names cannot be had.
    """
    names = class_names()
    network = grad_cam.split(build_imagenet_vgg16(weights))
    activations = network.lower(
        tf.cast(decode(content, IMAGE_SIZE), tf.float32)[tf.newaxis], training=False
    )
    logits = network.upper(activations, training=False)[0]
    top = tf.math.top_k(logits, TOP).indices.numpy()
    probabilities = tf.nn.softmax(logits).numpy()
    evidence = np.concatenate(
        [grad_cam.class_evidence(network, activations, np.array([index])) for index in top]
    )
    named = [(names[index].replace("_", " "), float(probabilities[index])) for index in top]
    maps = grad_cam.normalise(np.maximum(evidence, 0), axis=(1, 2))
    return named, _drawn(named, network, maps)


def draw(content: bytes, drawn: Drawn) -> Figure:
    """The picture, then the picture under each heatmap, in rows of three.

    Args:
        content: of a picture file.
        drawn: heatmaps and what stands above them.
    """
    height, width, _ = _original(content).shape
    aspect = height / width
    picture = decode(content, SHOWN_SIZE).numpy()
    rows = -(-(1 + len(drawn)) // 3)
    with styled():
        # A panorama or a strip would leave no room for its own title.
        figure = Figure(figsize=(7.3, 0.5 + rows * (0.3 + 2.3 * min(max(aspect, 0.4), 2))))
        grid = figure.add_gridspec(rows + 1, 3, height_ratios=[1] * rows + [0.03])
        panels = [("picture", picture / 255)] + [
            (title, heatmaps.overlay(picture, heatmap)) for title, heatmap in drawn
        ]
        for place, (title, shown) in enumerate(panels):
            axes = figure.add_subplot(grid[divmod(place, 3)])
            heatmaps.show(axes, shown, aspect=aspect)
            axes.set_title(title, fontsize=8, fontweight="normal", parse_math=False)
        heatmaps.add_scale(figure, figure.add_subplot(grid[rows, 1]))
    return figure


def _drawn(
    named: Sequence[tuple[str, float]],
    network: grad_cam.SplitNetwork,
    maps: npt.NDArray[np.float32],
) -> Drawn:
    return [
        (f"{name}: {heatmaps.percent(probability)}", grad_cam.resize(heatmap, network, SHOWN_SIZE))
        for (name, probability), heatmap in zip(named, maps, strict=True)
    ]


def _read(picture: Path) -> bytes:
    """The content of a file that is surely a picture."""
    try:
        content = picture.read_bytes()
        _original(content)
    except (FileNotFoundError, IsADirectoryError):
        raise PipelineError(f"{picture} not found, or not a file.") from None
    except tf.errors.InvalidArgumentError:
        raise PipelineError(
            f"{picture} cannot be read as a picture (JPEG, PNG, BMP or GIF)."
        ) from None
    return content


def _original(content: bytes) -> Any:
    """The picture at its own size, decoded as ``data.reading.pictures.decode`` does."""
    return tf.io.decode_image(content, channels=3, expand_animations=False)
