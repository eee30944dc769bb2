"""The report as one HTML file that needs nothing but itself."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting import bases, class_tables, decisions, near_duplicates, tables
from dogs_vs_cats.reporting.classes import Balance, alternatives, told_in_words
from dogs_vs_cats.reporting.galleries import galleries
from dogs_vs_cats.reporting.inline import Illustration, illustration
from dogs_vs_cats.reporting.rendering import render
from dogs_vs_cats.reporting.results import Results
from dogs_vs_cats.reporting.verdict import calibration, verdict
from dogs_vs_cats.visualization.drawing import Listed

# Two charts of accuracy belong beside the words of their own sections.
_SECTIONS = {"significance.svg": "differences", "seeds.svg": "seeds"}


def index_page(
    results: Results,
    classes: Classes,
    balance: Balance,
    findings: Sequence[str],
    weaknesses: Sequence[str],
    pareto: Illustration | None,
) -> str:
    """The report.

    Args:
        results: all its numbers.
        classes: their names, in the order of the labels.
        balance: how many pictures each has.
        findings: sentences on which differences the data support.
        weaknesses: sentences on what harms which method first.
        pareto: accuracy against training time; ``None`` where no time is known.
    """
    robustness, times = results.robustness, results.times
    in_folder = results.source["source"] == "folder"
    found = _("in the folder") if in_folder else _("in the archive")
    counts = {
        where: {name: numbers.get(name, 0) for name in classes}
        for where, numbers in {
            found: results.source["pictures"],
            **results.validation["counts"],
        }.items()
    }
    devices = [f"{device} ({time.precision})" for time in times.values() for device in time.devices]
    return render(
        "index.html",
        results=results,
        classes=classes,
        choice=alternatives(classes),
        balance=balance,
        calibrated=calibration(results.evaluation),
        decisions=decisions.decisions(results.evaluation),
        verdict=verdict(results.evaluation, results.significance, times),
        comparison=tables.comparison(results, balance),
        told=told_in_words(results.evaluation),
        overview=class_tables.overview(results.evaluation),
        matrices=class_tables.matrices(results.evaluation),
        pairs=tables.pairs(results.significance),
        findings=findings,
        weaknesses=weaknesses,
        robustness=tables.robustness(robustness),
        robustness_interval=(robustness["accuracy_high"] - robustness["accuracy_low"]).max() / 2,
        robustness_pictures=robustness["pictures"].max(),
        difficulties=robustness["difficulty"].nunique() - 1,  # less the unaltered pictures
        typicality=tables.typicality(results.typicality),
        seeds=tables.seeds(results.seeds),
        pareto=pareto,
        bases=bases.comparison(
            results.backbones, results.pass_seconds, results.validation["pictures"]
        ),
        which_base=bases.which(results.backbones),
        change_base=bases.change(results.backbones),
        how_many=bases.how_many(results.learning_curve, results.backbones),
        found=found,
        drawings=_by_section(results.drawings, results.figures),
        galleries=galleries(results.errors, results.figures / "thumbnails"),
        near_duplicates=near_duplicates.near_duplicates(results.near_duplicates),
        near_duplicates_in_words=near_duplicates.in_words(results.near_duplicates, results.base),
        sizes=class_tables.sizes(counts),
        extremes=class_tables.extremes(counts),
        untimed=[m for m in METHODS if m not in times or times[m].whole is None],
        started_from={m: tuple(time.shared) for m, time in times.items() if time.shared},
        devices=list(dict.fromkeys(devices)),
    )


def _by_section(drawings: Iterable[Listed], figures: Path) -> dict[str, list[Illustration]]:
    sections: dict[str, list[Illustration]] = {}
    for drawing in drawings:
        section = _SECTIONS.get(drawing.file, drawing.section)
        sections.setdefault(section, []).append(illustration(drawing, figures / drawing.file))
    return sections
