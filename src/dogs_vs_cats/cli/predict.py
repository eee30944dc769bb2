"""``dogs-vs-cats predict``: what is in these pictures?"""

import json
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from dogs_vs_cats.audit import tables
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout


@click.command()
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=click.Path())
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="A .keras file.")
@click.option("--method", type=click.Choice(METHODS), help="This method's model in data/models.")
@as_json
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
    batch: int,
    heatmap: Path | None,
) -> None:
    """Tell what is in pictures: files, folders with all that is in them, or patterns.

    The model is the champion of MLflow's registry, unless one is named. Run it from the root of the
    project. Exit code 1 if a file cannot be read as a picture; the others are predicted.
    """
    if model is not None and method is not None:
        raise click.UsageError("--model and --method both name a model; give one of them.")
    if method is not None:
        model = Layout().model(method)

    from dogs_vs_cats.prediction.model_file import model_file
    from dogs_vs_cats.settings import PARAMS, ComputeSettings
    from dogs_vs_cats.tracking.store import project_root

    with model_file(model, project_root(), PARAMS) as (file, name, classes):
        # Not before: TensorFlow takes seconds, and a mistake is told at once.
        from dogs_vs_cats.compute.device import set_up
        from dogs_vs_cats.models.saved import load_whole_model

        set_up(ComputeSettings(precision="float32"), seed=0)
        loaded = load_whole_model(file)
    click.echo(f"Model: {name}", err=True)

    from dogs_vs_cats.prediction.files import find_pictures
    from dogs_vs_cats.prediction.heatmap_files import heatmap_files, write_heatmaps
    from dogs_vs_cats.prediction.predict import Batch, predict

    paths = find_pictures(pictures)
    heatmaps = heatmap_files(paths, heatmap) if heatmap else {}
    with tqdm(total=len(paths), unit="picture", disable=None) as progress:

        def on_batch(predicted: Batch) -> None:
            if heatmaps:
                write_heatmaps(loaded, predicted, heatmaps)
            progress.update(len(predicted.paths))

        predictions = predict(loaded, paths, classes, batch, on_batch)
    rows = [
        {
            "file": str(each.path),
            "class": each.decided,
            "probability": each.probability and round(each.probability, 6),
            "heatmap": str(heatmaps[each.path]) if heatmaps and not each.error else None,
            "error": each.error,
        }
        for each in predictions
    ]
    unreadable = [row for row in rows if row["error"]]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        click.echo(_table([row for row in rows if not row["error"]]))
    if unreadable:
        raise PipelineError(
            f"{len(unreadable)} of {len(rows)} files cannot be read as pictures:"
            + "".join(f"\n  {row['file']}: {row['error']}" for row in unreadable)
        )


def _table(rows: list[dict[str, Any]]) -> str:
    return tables.table(
        ("file", "class", "probability"),
        [(row["file"], row["class"], _percent(row["probability"])) for row in rows],
    )


def _percent(probability: float) -> str:
    """As a percentage that never rounds to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"
