"""Judge every method's saved model on the test pictures, and ask which differences are real."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.evaluation.banked import banked_splits
from dogs_vs_cats.evaluation.cost import cost
from dogs_vs_cats.evaluation.decisions import check_costs, decision
from dogs_vs_cats.evaluation.errors import most_confident, most_wrong, only_one_right
from dogs_vs_cats.evaluation.joint_prediction import predict_jointly, predict_split
from dogs_vs_cats.evaluation.label_errors import (
    features_to_search,
    left_out,
    suspected_label_errors,
    unsearched_classes,
)
from dogs_vs_cats.evaluation.metrics import calibration_table, roc_table, score
from dogs_vs_cats.evaluation.near_duplicates import (
    advice,
    near_duplicates,
    not_searched,
    threshold_of,
)
from dogs_vs_cats.evaluation.significance import compare, findings
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.files import write_csv, write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import ComputeSettings, read_params
from dogs_vs_cats.tracking.lineage import file_md5


def main() -> None:
    layout, params = Layout(), read_params()
    settings, classes, reports = params.evaluate, read_classes(layout.classes), layout.reports
    # The saved models are float32, and are judged as their users will run them.
    device = set_up(ComputeSettings(precision="float32"), seed=0)
    print(f"Evaluating on {device}")
    check_costs(settings.costs, classes)
    models = {method: load_whole_model(layout.model(method)) for method in METHODS}
    model_costs = {
        method: cost(model, layout.model(method), reports / "training" / f"{method}.json")
        for method, model in models.items()
    }
    predict, size = predict_jointly(models), params.backbone.image_size
    seen, predictions = (
        predict_split(predict, layout.splits, split, classes, size)
        for split in ("validation", "test")
    )
    bins = settings.calibration_bins
    scores = {
        method: score(table, bins)
        | {
            "decision": decision(seen[method], table, settings)
            | {"model_md5": file_md5(layout.model(method))}
        }
        for method, table in predictions.items()
    }
    for method, table in predictions.items():
        write_csv(reports / "predictions" / f"{method}.csv", table)
        write_csv(reports / "roc" / f"{method}.csv", roc_table(table))
        write_csv(reports / "calibration" / f"{method}.csv", calibration_table(table, bins))
    write_json(reports / "evaluation.json", scores)
    write_json(reports / "cost.json", model_costs)
    # What DVC shows, and so few that a table of it fits a terminal.
    write_json(reports / "metrics.json", {m: reached["accuracy"] for m, reached in scores.items()})
    pairs = compare(predictions, settings.bootstrap_resamples, settings.seed)
    write_csv(reports / "significance.csv", pairs)
    banked = banked_splits(layout.features, layout.splits, classes)
    least = threshold_of(settings, params.backbone.name)
    twins = near_duplicates(banked, least)
    write_csv(reports / "near_duplicates.csv", twins)
    searched = features_to_search(banked, classes, BACKBONES[params.backbone.name])
    unsearched = unsearched_classes(searched, classes)
    write_json(
        reports / "errors.json",
        {
            "most_wrong": most_wrong(predictions),
            "only_one_right": only_one_right(predictions),
            "most_confident": most_confident(predictions),
            "label_errors": suspected_label_errors(searched, classes, settings.seed),
            "label_errors_unsearched": unsearched,
            "near_duplicate_cosine": least,
        },
    )
    for method, reached in scores.items():
        print(
            f"{method:20} {reached['accuracy']:.1%}"
            f" ({reached['accuracy_low']:.1%} to {reached['accuracy_high']:.1%})"
        )
    duplicates = [*advice(twins), *not_searched(least, params.backbone.name)]
    print(*findings(pairs), *duplicates, *left_out(unsearched), sep="\n")


if __name__ == "__main__":
    stage.run(main)
