"""Judge both nets on the test digits, where they stand and moved aside, and compare them."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.evaluation.cost import cost
from dogs_vs_cats.evaluation.errors import most_confident
from dogs_vs_cats.evaluation.metrics import score
from dogs_vs_cats.evaluation.significance import compare, findings
from dogs_vs_cats.mnist.digits import read_digits
from dogs_vs_cats.mnist.evaluation import answering, predictions, shift_table
from dogs_vs_cats.mnist.networks import NETS, of_digits
from dogs_vs_cats.mnist.settings import LAYOUT, read_params
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.files import write_csv, write_json
from dogs_vs_cats.settings import ComputeSettings


def main() -> None:
    params, reports = read_params(), LAYOUT.reports
    settings = params.evaluate
    # The saved models are float32, and are judged as their users will run them.
    device = set_up(ComputeSettings(precision="float32"), seed=0)
    print(f"Evaluating on {device}")
    digits = read_digits(LAYOUT.root / "data/digits.npz", "test")
    models = {net: load_whole_model(LAYOUT.model(net)) for net in NETS}
    nets = {net: answering(of_digits(model)) for net, model in models.items()}
    tables = {net: predictions(digits, answers(digits.pictures)) for net, answers in nets.items()}
    for net, table in tables.items():
        write_csv(reports / "predictions" / f"{net}.csv", table)
    scores = {net: score(table, settings.calibration_bins) for net, table in tables.items()}
    write_json(reports / "evaluation.json", scores)
    write_json(reports / "metrics.json", {net: each["accuracy"] for net, each in scores.items()})
    costs = {
        net: cost(model, LAYOUT.model(net), reports / "training" / f"{net}.json")
        for net, model in models.items()
    }
    write_json(reports / "cost.json", costs)
    write_json(reports / "errors.json", most_confident(tables))
    pairs = compare(tables, settings.bootstrap_resamples, settings.seed)
    write_csv(reports / "significance.csv", pairs)
    write_csv(reports / "shifts.csv", shift_table(nets, digits, settings.farthest_shift))
    for net, each in scores.items():
        print(
            f"{net:8} {each['accuracy']:.2%}"
            f" ({each['accuracy_low']:.2%} to {each['accuracy_high']:.2%}),"
            f" {costs[net]['parameters']:,} parameters"
        )
    print(*findings(pairs), sep="\n")


if __name__ == "__main__":
    stage.run(main)
