"""Judge every method's saved model on the test pictures, all through one code path."""

from pathlib import Path

from tqdm import tqdm

from dogs_vs_cats import stage
from dogs_vs_cats.backend import ComputeSettings, set_up
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.pictures import list_pictures, picture_batches
from dogs_vs_cats.evaluation.metrics import prediction_table, roc_table, score
from dogs_vs_cats.files import whole_file, write_json
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.classifiers import load_whole_model, predict
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings

SPLITS = Path("data/splits")
MODELS = Path("data/models")
REPORTS = Path("reports")
BATCH_SIZE = 32


def main() -> None:
    classes = read_settings("classes", ClassSettings).names
    image_size = read_settings("backbone", BackboneSettings).image_size
    # The saved models are float32, and are judged as their users will run them.
    device = set_up(ComputeSettings(precision="float32"), seed=0)
    print(f"Evaluating on {device}")
    pictures = list_pictures(SPLITS / "test", classes)
    scores = {}
    for method in tqdm(METHODS, "evaluate", unit="method"):
        model = load_whole_model(MODELS / f"{method}.keras")
        batches = picture_batches(pictures.paths, image_size, BATCH_SIZE)
        predictions = prediction_table(pictures, predict(model, batches), classes, SPLITS)
        scores[method] = score(predictions, classes)
        for folder, table in {
            "predictions": predictions,
            "roc": roc_table(predictions, classes),
        }.items():
            with whole_file(REPORTS / folder / f"{method}.csv") as path:
                table.to_csv(path, index=False, lineterminator="\n")
    write_json(REPORTS / "evaluation.json", scores)
    for method, reached in scores.items():
        print(
            f"{method:20} {reached['accuracy']:.1%}"
            f" ({reached['accuracy_low']:.1%} to {reached['accuracy_high']:.1%})"
        )


if __name__ == "__main__":
    stage.run(main)
