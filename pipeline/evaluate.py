"""Judge every method's saved model on the test pictures, and ask which differences are real."""

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from dogs_vs_cats import stage
from dogs_vs_cats.backend import set_up
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.pictures import list_pictures, picture_batches
from dogs_vs_cats.evaluation.calibration import calibration_table, expected_calibration_error
from dogs_vs_cats.evaluation.cost import cost
from dogs_vs_cats.evaluation.errors import most_confident, most_wrong, only_one_right
from dogs_vs_cats.evaluation.label_errors import read_features, suspected_label_errors
from dogs_vs_cats.evaluation.metrics import prediction_table, roc_table, score
from dogs_vs_cats.evaluation.settings import EvaluateSettings
from dogs_vs_cats.evaluation.significance import compare, findings
from dogs_vs_cats.files import write_csv, write_json
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.models.classifiers import load_whole_model, predict
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings

SPLITS = Path("data/splits")
MODELS = Path("data/models")
FEATURES = Path("data/features")
REPORTS = Path("reports")
BATCH_SIZE = 32


def main() -> None:
    settings = read_settings("evaluate", EvaluateSettings)
    classes = read_settings("classes", ClassSettings).names
    image_size = read_settings("backbone", BackboneSettings).image_size
    # The saved models are float32, and are judged as their users will run them.
    device = set_up(ComputeSettings(precision="float32"), seed=0)
    print(f"Evaluating on {device}")
    pictures = list_pictures(SPLITS / "test", classes)
    predictions: dict[Method, pd.DataFrame] = {}
    scores, costs = {}, {}
    for method in tqdm(METHODS, "evaluate", unit="method"):
        saved = MODELS / f"{method}.keras"
        model = load_whole_model(saved)
        batches = picture_batches(pictures.paths, image_size, BATCH_SIZE)
        table = prediction_table(pictures, predict(model, batches), classes, SPLITS)
        calibration = calibration_table(table, classes, settings.calibration_bins)
        predictions[method] = table
        scores[method] = {
            **score(table, classes),
            "expected_calibration_error": expected_calibration_error(calibration),
        }
        costs[method] = cost(model, saved, REPORTS / "training" / f"{method}.json")
        write_csv(REPORTS / "predictions" / f"{method}.csv", table)
        write_csv(REPORTS / "roc" / f"{method}.csv", roc_table(table, classes))
        write_csv(REPORTS / "calibration" / f"{method}.csv", calibration)
    write_json(REPORTS / "evaluation.json", scores)
    write_json(REPORTS / "cost.json", costs)
    pairs = compare(predictions, settings.bootstrap_resamples, settings.seed)
    write_csv(REPORTS / "significance.csv", pairs)
    suspects = suspected_label_errors(
        read_features(FEATURES, SPLITS, classes), classes, settings.seed
    )
    write_json(
        REPORTS / "errors.json",
        {
            "most_wrong": most_wrong(predictions, classes),
            "only_one_right": only_one_right(predictions, classes),
            "most_confident": most_confident(predictions, classes),
            "label_errors": suspects,
        },
    )
    for method, reached in scores.items():
        print(
            f"{method:20} {reached['accuracy']:.1%}"
            f" ({reached['accuracy_low']:.1%} to {reached['accuracy_high']:.1%})"
        )
    print(*findings(pairs), sep="\n")


if __name__ == "__main__":
    stage.run(main)
