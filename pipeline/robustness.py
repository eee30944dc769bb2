"""Measure every method on test pictures that are hard in each of the lecture's seven ways."""

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from dogs_vs_cats import stage
from dogs_vs_cats.backend import set_up
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.pictures import list_pictures, load_pictures
from dogs_vs_cats.evaluation.joint_prediction import predict_jointly
from dogs_vs_cats.evaluation.metrics import read_predictions
from dogs_vs_cats.evaluation.robustness import (
    RobustnessSettings,
    choose,
    conditions,
    measure,
)
from dogs_vs_cats.evaluation.typicality import class_distances, typicality_table
from dogs_vs_cats.files import write_csv
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.classifiers import load_whole_model
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.view_bank import open_bank

SPLITS = Path("data/splits")
MODELS = Path("data/models")
FEATURES = Path("data/features")
REPORTS = Path("reports")


def main() -> None:
    settings = read_settings("robustness", RobustnessSettings)
    classes = read_settings("classes", ClassSettings).names
    image_size = read_settings("backbone", BackboneSettings).image_size
    print(f"Robustness on {set_up(read_settings('compute', ComputeSettings), seed=0)}")
    write_csv(REPORTS / "typicality.csv", typicality(classes))

    test = list_pictures(SPLITS / "test", classes)
    rows = choose(test.labels, settings)
    pictures = load_pictures([test.paths[row] for row in rows], image_size)
    models = {method: load_whole_model(MODELS / f"{method}.keras") for method in METHODS}
    predict = predict_jointly(models)
    with tqdm(desc="robustness", total=len(list(conditions())), unit="condition") as progress:
        table = measure(predict, pictures, test.labels[rows], settings.seed, progress.update)
    write_csv(REPORTS / "robustness.csv", table)


def typicality(classes: tuple[str, str]) -> pd.DataFrame:
    (train, train_labels), (test, test_labels) = (
        open_bank(FEATURES / f"{split}.npy") for split in ("train", "test")
    )
    distances = class_distances(train[0], train_labels, test[0], test_labels)
    predictions = read_predictions(REPORTS / "predictions")
    return typicality_table(distances, test_labels, predictions, classes)


if __name__ == "__main__":
    stage.run(main)
