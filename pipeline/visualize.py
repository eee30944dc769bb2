"""Draw the comparison's charts and what the networks see: a file a figure."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from dogs_vs_cats.backbones.vgg16 import load_conv_base
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.evaluation.metrics import read_predictions
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.files import whole_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import BackboneSettings, VisualizeSettings, read_params
from dogs_vs_cats.visualization import (
    activations,
    charts,
    convolution,
    filter_patterns,
    heatmaps,
    projection,
    thumbnails,
)
from dogs_vs_cats.visualization.drawing import Drawing, save_drawings

LAYOUT = Layout()
REPORTS = LAYOUT.reports


def main() -> None:
    params = read_params()
    settings, classes = params.visualize, params.classes.names
    device = set_up(params.compute, settings.seed)
    # TensorFlow takes five networks, each traced once, for one that is traced again and again.
    tf.get_logger().setLevel("ERROR")
    print(f"Drawing on {device}")
    predictions = read_predictions(REPORTS / "predictions")
    with whole_directory(REPORTS / "figures") as folder:
        save_drawings(
            [
                *draw_charts(classes),
                projected_features(predictions, classes, settings),
                *inside_the_networks(predictions, classes, params.backbone, settings),
                *convolution.draw(),
            ],
            folder,
        )
        errors = read_json("errors.json")
        files = sorted({error["file"] for group in errors.values() for error in group})
        thumbnails.write(files, LAYOUT.splits, folder / "thumbnails")


def draw_charts(classes: tuple[str, str]) -> Iterator[Drawing]:
    evaluation = read_json("evaluation.json")
    training = {method: read_json(f"training/{method}.json") for method in METHODS}
    robustness = pd.read_csv(REPORTS / "robustness.csv")
    yield charts.accuracy(evaluation)
    yield charts.significance(pd.read_csv(REPORTS / "significance.csv"))
    if spread := charts.seeds(pd.read_csv(REPORTS / "seeds.csv"), evaluation):
        yield spread
    yield charts.roc(read_tables("roc"), evaluation, classes[1])
    yield charts.training_curves(read_tables("history"), training)
    yield charts.calibration(read_tables("calibration"), evaluation, classes[1])
    yield charts.robustness(robustness)
    yield charts.robustness_table(robustness)
    yield charts.typicality(pd.read_csv(REPORTS / "typicality.csv"))
    yield charts.cost(read_json("cost.json"))


def projected_features(
    predictions: dict[Method, pd.DataFrame], classes: tuple[str, str], settings: VisualizeSettings
) -> Drawing:
    features, labels = open_bank(LAYOUT.features / "test.npy")
    wrong = {
        method: (table["predicted"] != table["actual"]).to_numpy()
        for method, table in predictions.items()
    }
    return projection.draw(features[0], labels, wrong, classes, settings.seed)


def inside_the_networks(
    predictions: dict[Method, pd.DataFrame],
    classes: tuple[str, str],
    backbone: BackboneSettings,
    settings: VisualizeSettings,
) -> Iterator[Drawing]:
    models = {method: load_whole_model(LAYOUT.model(method)) for method in METHODS}
    files = heatmaps.choose(predictions, settings.heatmaps)
    actual = predictions[METHODS[0]].set_index("file")["actual"]
    pictures = load_pictures([LAYOUT.splits / file for file in files], backbone.image_size)
    yield from heatmaps.draw(models, pictures, [actual[file] for file in files], files, classes)
    yield from activations.draw(models["small_convnet"], pictures, files[0])
    conv_base = load_conv_base(LAYOUT.weights, backbone.image_size)
    yield from filter_patterns.draw(conv_base, backbone.preprocessing, settings)


def read_tables(folder: str) -> dict[Method, pd.DataFrame]:
    return {method: pd.read_csv(REPORTS / folder / f"{method}.csv") for method in METHODS}


def read_json(name: str) -> Any:
    return json.loads((REPORTS / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    stage.run(main)
