"""How many wrong labels the list of suspects finds: ``python -m benchmarks.label_errors``.

Labels of a finished project's pictures are turned at random, of all splits alike, and the search
runs on them as in ``evaluate``. Its own pictures' errors, if there are any, count as right labels.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

import click
import numpy as np

from benchmarks.data import CLASSES, of_project
from benchmarks.jobs import Result
from benchmarks.run import RESULTS, out_option, project_option, write
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.evaluation.banked import banked_splits
from dogs_vs_cats.evaluation.label_errors import (
    MOST_ITEMS,
    LabelledFeatures,
    features_to_search,
    suspected_label_errors,
)
from dogs_vs_cats.project import stage
from dogs_vs_cats.settings import read_params

SHARES = (0.01, 0.05, 0.1)
KINDS = {"of both classes": (0, 1), "of cats alone": (0,)}
"""Which labels are turned, by their class."""


def measure(pictures: LabelledFeatures, share: float, of: Sequence[int], seed: int) -> Result:
    """Turn a share of all labels, and search.

    Args:
        pictures: sound ones.
        share: of all pictures, whose labels are turned.
        of: the classes whose pictures these are.
        seed: of the choice and of the search.
    """
    candidates = np.flatnonzero(np.isin(pictures.labels, of))
    count = round(share * len(pictures.labels))
    turned = np.random.default_rng(seed).choice(candidates, count, replace=False)
    labels = pictures.labels.copy()
    labels[turned] = 1 - labels[turned]
    planted = {pictures.files[row] for row in turned}
    suspects = suspected_label_errors(
        replace(pictures, labels=labels), CLASSES, seed, limit=len(labels)
    )
    named = [each["file"] for each in suspects]
    return {
        "planted": count,
        "suspects": len(named),
        "found": len(planted.intersection(named)),
        "found_in_list": len(planted.intersection(named[:MOST_ITEMS])),
    }


def table(rows: Sequence[Result]) -> str:
    """The results in Markdown."""
    lines = [
        f"| labels turned | planted | suspects | recall | precision | right of the first"
        f" {MOST_ITEMS} |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        runs = row["runs"]
        recalls = [run["found"] / run["planted"] for run in runs]
        precision = sum(run["found"] for run in runs) / sum(run["suspects"] for run in runs)
        lines.append(
            f"| {row['share']:.0%} {row['kind']} | {runs[0]['planted']} |"
            f" {mean(run['suspects'] for run in runs):.0f} | {mean(recalls):.0%}"
            f" ({min(recalls):.0%} to {max(recalls):.0%}) | {precision:.0%} |"
            f" {mean(run['found_in_list'] for run in runs):.1f} |"
        )
    return "\n".join([*lines, ""])


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@project_option
@out_option(RESULTS)
def command(seeds: int, project: Path, out: Path) -> None:
    """Plant wrong labels among a project's pictures, and count which are suspected."""
    layout = of_project(project, needed=("splits", "features"))
    backbone = BACKBONES[read_params(project / "params.yaml").backbone.name]
    pictures = features_to_search(
        banked_splits(layout.features, layout.splits, CLASSES), CLASSES, backbone
    )
    rows: list[Result] = []
    for share in SHARES:
        for kind, of in KINDS.items():
            click.echo(f"{share:.0%} {kind} …", err=True)
            runs = [measure(pictures, share, of, seed) for seed in range(seeds)]
            rows.append({"share": share, "kind": kind, "runs": runs})
    write(out / "label_errors.json", {"base": backbone.name, "rows": rows}, table(rows))
    click.echo(table(rows))


if __name__ == "__main__":
    stage.run(command)
