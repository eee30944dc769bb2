"""The lecture's design advice, and its two odd settings, measured: ``make bench-design``.

A line is a variant of the small convnet, trained for a few epochs on the project's pictures beside
the convnet as it is. Short trainings from few pictures differ by a point or two from seed to seed:
a difference within the spread of the seeds is none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any, Literal

import click
import numpy as np
import numpy.typing as npt

from benchmarks.data import CLASSES, of_project
from benchmarks.jobs import Result
from benchmarks.run import RESULTS, describe, out_option, project_option, write
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.models.small_convnet import FILTERS, UNITS
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import AugmentationSettings, ComputeSettings, read_params
from dogs_vs_cats.training.epochs import augmented, plain
from dogs_vs_cats.training.loop import train

SIDE = 150
DEGREES = math.tan(math.radians(0.2))
"""The slope of ``ImageDataGenerator(shear_range=0.2)``, which are degrees."""


@dataclass(frozen=True)
class Variant:
    """A convnet, and what it is shown."""

    advice: str
    """What it is about."""
    name: str
    side: int = SIDE
    filters: tuple[int, ...] = FILTERS
    kernel: int = 3
    repeat: int = 1
    """Convolutions before the map is halved."""
    padding: Literal["valid", "same"] = "valid"
    halved_by: Literal["pooling", "stride"] = "pooling"
    units: int = UNITS
    resize: Literal["antialias", "nearest"] = "antialias"
    shear: float | None = None
    """None: pictures are not augmented."""

    def build(self) -> Any:
        """The network, (batch, side, side, 3) of 0 to 255 to one logit."""
        layers = keras.layers
        inputs = keras.Input((self.side, self.side, 3))
        x = layers.Rescaling(1 / 255, dtype="float32")(inputs)
        for filters in self.filters:
            for turn in range(self.repeat):
                last = turn == self.repeat - 1
                strides = 2 if last and self.halved_by == "stride" else 1
                convolution = layers.Conv2D(
                    filters, self.kernel, strides, self.padding, activation="relu"
                )
                x = convolution(x)
            if self.halved_by == "pooling":
                x = layers.MaxPooling2D(2)(x)
        x = layers.Flatten()(x)
        if self.shear is not None:
            x = layers.Dropout(0.5)(x)
        x = layers.Dense(self.units, activation="relu")(x)
        return keras.Model(inputs, logits_layer(len(CLASSES))(x))


AS_IT_IS = Variant("as it is", "small_convnet")
_AUGMENTED = replace(AS_IT_IS, advice="shear 0.2", name="a slope, as in params.yaml", shear=0.2)
VARIANTS = (
    AS_IT_IS,
    replace(AS_IT_IS, advice="sides", name="150, padded: 37 and 9 lose a row", padding="same"),
    replace(
        AS_IT_IS, advice="sides", name="144, padded: halves to 9 evenly", side=144, padding="same"
    ),
    replace(AS_IT_IS, advice="filters", name="5×5", kernel=5),
    replace(AS_IT_IS, advice="filters", name="two 3×3 for each", repeat=2),
    replace(AS_IT_IS, advice="halving", name="stride 2, no pooling", halved_by="stride"),
    replace(AS_IT_IS, advice="depth", name="two convolutions", filters=FILTERS[:2]),
    replace(AS_IT_IS, advice="depth", name="three convolutions", filters=FILTERS[:3]),
    replace(AS_IT_IS, advice="head", name="64 units", units=64),
    replace(AS_IT_IS, advice="head", name="2,048 units", units=2048),
    replace(AS_IT_IS, advice="resizing", name="nearest, as flow_from_directory", resize="nearest"),
    _AUGMENTED,
    replace(_AUGMENTED, name="degrees, as ImageDataGenerator", shear=DEGREES),
)


def measure(variant: Variant, layout: Layout, epochs: int, seeds: Sequence[int]) -> Result:
    """Train a variant once a seed.

    Returns:
        ``advice``, ``name``, ``parameters``, ``multiply_adds`` (a picture), and of each seed
        ``validation`` (the best epoch's accuracy) and ``seconds`` (of an epoch).
    """
    params = read_params()
    settings = params.method("augmented_convnet" if variant.shear is not None else "small_convnet")
    (pictures, labels), validation = (
        _pictures(layout.splits / split, variant.side, variant.resize)
        for split in ("train", "validation")
    )
    accuracies, seconds = [], []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = variant.build()
        source = (
            plain(pictures, labels)
            if variant.shear is None
            else augmented(pictures, labels, _sheared(params.augmentation, variant.shear))
        )
        own = settings.model_copy(update={"epochs": epochs, "seed": seed})
        training = train(model, source, plain(*validation), own)
        accuracies.append(training.history[training.best_epoch - 1]["val_accuracy"])
        seconds.append(training.seconds / epochs)
    return {
        "advice": variant.advice,
        "name": variant.name,
        "parameters": model.count_params(),
        "multiply_adds": multiply_adds(model),
        "validation": accuracies,
        "seconds": seconds,
    }


def _sheared(augmentation: AugmentationSettings, shear: float) -> AugmentationSettings:
    return augmentation.model_copy(update={"shear": shear})


@cache
def _pictures(
    split: Path, side: int, resize: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    listed = list_pictures(split, CLASSES)
    if resize == "antialias":
        return load_pictures(listed.paths, side), listed.labels
    taken: Callable[[Path], Any] = lambda path: tf.image.resize(  # noqa: E731
        upright(path.read_bytes()), (side, side), method="nearest"
    )
    return np.stack([taken(path).numpy() for path in listed.paths]), listed.labels


def table(content: Result) -> str:
    """The results in Markdown."""
    lines = [
        f"{content['epochs']} epochs, {content['seeds']} seeds, {content['pictures']:,} validation"
        f" pictures; {content['machine']['device']} ({content['machine']['precision']}). A pooled"
        " standard deviation of the seeds:"
        f" {100 * _spread(content['variants']):.1f} points.",
        "",
        "| advice | variant | validation accuracy | parameters | million multiply-adds |"
        " seconds an epoch |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for each in content["variants"]:
        low, high = min(each["validation"]), max(each["validation"])
        lines.append(
            f"| {each['advice']} | {each['name']} | {mean(each['validation']):.1%} ({low:.1%} to"
            f" {high:.1%}) | {each['parameters']:,} | {each['multiply_adds'] / 1e6:,.0f} |"
            f" {mean(each['seconds']):.1f} |"
        )
    return "\n".join([*lines, ""])


def _spread(variants: Sequence[Result]) -> float:
    """Pooled standard deviation of the accuracies of each variant's seeds, of which there are two
    at least."""
    return float(np.sqrt(np.mean([np.var(each["validation"], ddof=1) for each in variants])))


@click.command()
@click.option("--epochs", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--seeds", type=click.IntRange(min=2), default=2, show_default=True)
@project_option
@out_option(RESULTS)
def command(epochs: int, seeds: int, project: Path, out: Path) -> None:
    """Train short variants of the small convnet on a project's pictures, and compare them."""
    if out == RESULTS and epochs < 8:
        raise PipelineError("So few epochs are not to be kept: add --out FOLDER.")
    layout = of_project(project, needed=("splits",))
    machine = describe()
    set_up(ComputeSettings(precision="auto"), seed=0)
    done: list[Result] = []
    for variant in VARIANTS:
        click.echo(f"{variant.advice}: {variant.name} …", err=True)
        done.append(measure(variant, layout, epochs, range(seeds)))
    pictures = len(list_pictures(layout.splits / "validation", CLASSES).paths)
    content = {
        "machine": machine,
        "epochs": epochs,
        "seeds": seeds,
        "pictures": pictures,
        "variants": done,
    }
    write(out / "design.json", content, table(content))
    click.echo(table(content))


if __name__ == "__main__":
    stage.run(command)
