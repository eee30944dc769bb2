"""Draw the report of the comparison from what the other stages wrote."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.sources.folder import stale
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.reporting.verdict import verdict
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, data = Layout(), read_params().data
    classes = read_classes(layout.classes)
    results = read_results(layout)
    write_report(results, classes, layout.reports)
    print(verdict(results.evaluation, results.significance, results.times).headline)
    print(f"Report: {layout.reports / 'index.html'}")
    # This stage always runs, so each `dvc repro` looks.
    if data.source == "folder" and (note := stale(data.folder, classes, layout.archive)):
        print(note)


if __name__ == "__main__":
    stage.run(main)
