"""Draw the report of the comparison from what the other stages wrote."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.sources.folder import stale
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.reporting.verdict import verdict
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    classes = read_classes(layout.classes)
    results = read_results(layout)
    with use(params.report.language):
        write_report(results, classes, layout.reports)
    print(verdict(results.evaluation, results.significance, results.times).headline)
    print(f"Report: {layout.reports / 'index.html'}")
    # This stage always runs, so each `dvc repro` looks.
    data = params.data
    if data.source == "folder" and (note := stale(data.folder, classes, layout.archive)):
        print(note)


if __name__ == "__main__":
    stage.run(main)
