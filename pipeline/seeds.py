"""Train the banked heads with other seeds, to see how much of a result is luck."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.backend import set_up
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.evaluation.seeds import Banks, retrain_heads
from dogs_vs_cats.evaluation.settings import EvaluateSettings
from dogs_vs_cats.files import write_csv
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.loop import TrainingSettings

BANKS = Banks(
    features=Path("data/features"),
    views=Path("data/views"),
    weights=Path("data/weights/vgg16.weights.h5"),
)
REPORTS = Path("reports")


def main() -> None:
    seeds = read_settings("evaluate", EvaluateSettings).seeds
    backbone = read_settings("backbone", BackboneSettings)
    feature_extraction = read_settings("feature_extraction", TrainingSettings)
    frozen_base = read_settings("frozen_base", TrainingSettings)
    set_up(read_settings("compute", ComputeSettings), seed=0)
    table = retrain_heads(seeds, BANKS, backbone, feature_extraction, frozen_base)
    write_csv(REPORTS / "seeds.csv", table)
    print(table.to_string(index=False) if len(table) else "evaluate.seeds is 1: nothing to repeat")


if __name__ == "__main__":
    stage.run(main)
