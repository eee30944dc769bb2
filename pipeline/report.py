"""Draw the report of the comparison from what the other stages wrote."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.reporting.verdict import verdict
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout = Layout()
    results = read_results(layout)
    write_report(results, read_params().classes.names, layout.reports)
    print(verdict(results.evaluation, results.significance, results.times).headline)
    print(f"Report: {layout.reports / 'index.html'}")


if __name__ == "__main__":
    stage.run(main)
