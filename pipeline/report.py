"""Write the comparison of the five methods: a table and its figures."""

import json
from pathlib import Path

import pandas as pd

from dogs_vs_cats import stage
from dogs_vs_cats.files import whole_directory, whole_file
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.comparison import comparison_page, comparison_table
from dogs_vs_cats.reporting.figures import accuracy_figure, curves_figure, save_figure

REPORTS = Path("reports")


def main() -> None:
    evaluation = json.loads((REPORTS / "evaluation.json").read_text(encoding="utf-8"))
    training = {
        method: json.loads((REPORTS / "training" / f"{method}.json").read_text(encoding="utf-8"))
        for method in METHODS
    }
    histories = {method: pd.read_csv(REPORTS / "history" / f"{method}.csv") for method in METHODS}
    with whole_directory(REPORTS / "figures") as folder:
        save_figure(accuracy_figure(evaluation), folder / "accuracy.svg")
        save_figure(curves_figure(histories), folder / "curves.svg")
    table = comparison_table(evaluation, training)
    with whole_file(REPORTS / "comparison.md") as path:
        page = comparison_page(table, evaluation[METHODS[0]]["pictures"])
        path.write_text(page, encoding="utf-8")
    print(table.iloc[:, :3].to_string(index=False))


if __name__ == "__main__":
    stage.run(main)
