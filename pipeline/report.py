"""Draw the report of the comparison from what the other stages wrote."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.reporting.verdict import verdict


def main() -> None:
    layout = Layout()
    results = read_results(layout)
    write_report(results, read_classes(layout.classes), layout.reports)
    print(verdict(results.evaluation, results.significance, results.times).headline)
    print(f"Report: {layout.reports / 'index.html'}")


if __name__ == "__main__":
    stage.run(main)
