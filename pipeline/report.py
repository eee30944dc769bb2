"""Draw the report of the comparison from what the other stages wrote."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import Paths, read_results
from dogs_vs_cats.reporting.verdict import verdict

REPORTS = Path("reports")
PATHS = Paths(
    reports=REPORTS,
    source=Path("data/raw/source.json"),
    excluded=Path("data/excluded.csv"),
    models=Path("data/models"),
    lock=Path("dvc.lock"),
    requirements=Path("requirements.lock"),
)


def main() -> None:
    classes = read_settings("classes", ClassSettings).names
    results = read_results(PATHS)
    write_report(results, classes, REPORTS)
    print(verdict(results.evaluation, results.significance, results.timings).headline)
    print(f"Report: {REPORTS / 'index.html'}")


if __name__ == "__main__":
    stage.run(main)
