"""Draw the report's files: a page, the comparison as Markdown, and accuracy against time."""

from pathlib import Path

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.significance import findings
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.reporting.card import model_card
from dogs_vs_cats.reporting.classes import Balance
from dogs_vs_cats.reporting.comparison import comparison_page
from dogs_vs_cats.reporting.inline import Illustration, illustration
from dogs_vs_cats.reporting.page import index_page
from dogs_vs_cats.reporting.results import Results
from dogs_vs_cats.reporting.weaknesses import weaknesses
from dogs_vs_cats.visualization.charts.cost import pareto
from dogs_vs_cats.visualization.drawing import save_figure


def write_report(results: Results, classes: Classes, folder: Path) -> None:
    """Write ``index.html``, ``comparison.md``, ``cards/METHOD.md`` and ``pareto.svg``.

    The last is left out where no training time is known.

    Args:
        results: what the other stages wrote.
        classes: their names, in the order of the labels.
        folder: where to; ``comparison.md`` refers to ``figures/`` in it.
    """
    times = _write_pareto(results, folder / "pareto.svg")
    found = findings(results.significance)
    weak = weaknesses(results.robustness, results.typicality)
    counts = results.validation["counts"]
    balance = Balance(counts["train"], counts["test"])
    pages = {
        "comparison.md": comparison_page(results, classes, balance),
        "index.html": index_page(results, classes, balance, found, weak, times),
        **_cards(results, classes),
    }
    for name, text in pages.items():
        with whole_file(folder / name) as path:
            path.write_text(text, encoding="utf-8")


def _cards(results: Results, classes: Classes) -> dict[str, str]:
    """In English whatever the report's language: cards travel with models, to hubs read in it."""
    with use("en"):
        return {f"cards/{method}.md": model_card(results, method, classes) for method in METHODS}


def _write_pareto(results: Results, target: Path) -> Illustration | None:
    drawing = pareto(results.evaluation, results.times)
    if drawing is None:
        target.unlink(missing_ok=True)  # an earlier run's
        return None
    with whole_file(target) as path:
        save_figure(drawing.figure, path)
    return illustration(drawing, target)
