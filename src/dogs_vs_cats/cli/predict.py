"""``dogs-vs-cats predict``: what is in these pictures?"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from dogs_vs_cats.audit import tables
from dogs_vs_cats.cli import model as models
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.evaluation.deciding import ANSWERS, Answers
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import printable


@click.command()
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=click.Path())
@models.options
@as_json
@click.option(
    "--answers",
    type=click.Choice(ANSWERS),
    default="raw",
    show_default=True,
    help="calibrated: probabilities as they came true on validation; decided: also by what mistakes"
    " cost, and none where it is not sure.",
)
@click.option("--verbose", is_flag=True, help="List the files of folders that are left out.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    metavar="N",
    help="Pictures decoded and predicted at once.",
)
@click.option(
    "--heatmap",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write there, over each picture, which places spoke for its class.",
)
def command(
    pictures: tuple[str, ...],
    model: Path | None,
    method: str | None,
    as_json: bool,
    answers: Answers,
    verbose: bool,
    batch: int,
    heatmap: Path | None,
) -> None:
    """Tell what is in pictures: files, folders with all that is in them, or patterns.

    The model is the champion of MLflow's registry, unless one is named; its file tells what its
    classes are called. Run it from the root of the project, or with --model from anywhere. Exit
    code 1 if a file cannot be read as a picture; the others are predicted.
    """
    loaded = models.load(model, method)

    from dogs_vs_cats.prediction.files import find_pictures
    from dogs_vs_cats.prediction.heatmap_files import heatmap_files, write_heatmaps
    from dogs_vs_cats.prediction.predict import Batch, predict

    found = find_pictures(pictures)
    if found.left_out:
        more = "" if verbose or as_json else " --verbose lists them."
        click.echo(f"{found}{more}", err=True)
    if verbose:
        for path, why in found.left_out.items():
            click.echo(f"  {printable(str(path))}: {printable(why)}", err=True)
    heatmaps = heatmap_files(found.paths, heatmap) if heatmap else {}
    with tqdm(total=len(found.paths), unit="picture", disable=None) as progress:

        def on_batch(predicted: Batch, labels: Sequence[int]) -> None:
            if heatmaps:
                write_heatmaps(loaded.network, predicted, labels, heatmaps)
            progress.update(len(predicted.paths))

        predictions = predict(loaded, found.paths, batch, on_batch, answers)
    rows = [
        {
            "file": str(each.path),
            "class": each.decided,
            "probability": each.probability and round(each.probability, 6),
            "probabilities": each.probabilities
            and {name: round(value, 6) for name, value in each.probabilities.items()},
            "heatmap": str(heatmaps[each.path]) if heatmaps and not each.error else None,
            "error": each.error,
        }
        for each in predictions
    ]
    if as_json:
        left_out = [{"file": str(path), "why": why} for path, why in found.left_out.items()]
        document = {"model": loaded.name, "pictures": rows, "left_out": left_out}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(_table([row for row in rows if not row["error"]]))
    if unreadable := [row for row in rows if row["error"]]:
        raise PipelineError(
            f"{len(unreadable)} of {len(rows)} files cannot be read as pictures:"
            + "".join(f"\n  {printable(str(row['file']))}: {row['error']}" for row in unreadable)
        )


def _table(rows: list[dict[str, Any]]) -> str:
    return tables.table(
        ("file", "class", "probability"),
        [
            (
                printable(row["file"]),
                printable(row["class"] or "(not sure)"),
                _percent(row["probability"]),
            )
            for row in rows
        ],
    )


def _percent(probability: float) -> str:
    """As a percentage that never rounds to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"
