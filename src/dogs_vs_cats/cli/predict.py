"""``dogs-vs-cats predict``: what is in these pictures?"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from dogs_vs_cats.audit import tables
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import read_params

MODELS = Path("data/models")


@click.command()
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True)
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
        model = MODELS / f"{method}.keras"
    if model is not None and not model.is_file():
        raise PipelineError(f"{model} not found. Train it with `dvc repro`, or name another model.")

    with _model_file(model) as (file, name, classes):
        from dogs_vs_cats.compute.device import set_up
        from dogs_vs_cats.models.saved import load_whole_model
        from dogs_vs_cats.settings import ComputeSettings

        set_up(ComputeSettings(precision="float32"), seed=0)
        loaded = load_whole_model(file)
    click.echo(f"Model: {name}", err=True)

    from dogs_vs_cats.prediction import prediction

    paths = prediction.find_pictures(pictures)
    heatmaps = prediction.heatmap_files(paths, heatmap) if heatmap else {}
    rows: dict[Path, dict[str, Any]] = {}
    with tqdm(total=len(paths), unit="picture", disable=None) as progress:
        for predicted in prediction.predict_files(loaded, paths, batch):
            if heatmaps:
                prediction.write_heatmaps(loaded, predicted, heatmaps)
            for path, probability in zip(predicted.paths, predicted.probabilities, strict=True):
                decided, certainty = prediction.decide(float(probability), classes)
                rows[path] = _row(path, decided, certainty, heatmaps.get(path))
            progress.update(len(predicted.paths))
    unreadable = {path: prediction.why_unreadable(path) for path in paths if path not in rows}
    if as_json:
        document = [rows.get(path) or _row(path, error=unreadable[path]) for path in paths]
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(_table(rows.values()))
    if unreadable:
        raise PipelineError(
            f"{len(unreadable)} of {len(paths)} files cannot be read as pictures:"
            + "".join(f"\n  {path}: {why}" for path, why in unreadable.items())
        )


@contextmanager
def _model_file(named: Path | None) -> Iterator[tuple[Path, str, tuple[str, str]]]:
    """A model's file, which may be gone after the block, what to call it, and its classes."""
    if named is not None:
        yield named, str(named), _project_classes()
        return
    from dogs_vs_cats.tracking.champion import fetch_champion
    from dogs_vs_cats.tracking.store import project_root

    with tempfile.TemporaryDirectory() as folder:
        champion = fetch_champion(project_root(), Path(folder))
        classes = champion.classes or _project_classes()
        yield champion.file, f"{champion.name} ({champion.method})", classes


def _project_classes() -> tuple[str, str]:
    return read_params().classes.names


def _row(
    path: Path,
    decided: str | None = None,
    certainty: float | None = None,
    heatmap: Path | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    return {
        "file": str(path),
        "class": decided,
        "probability": certainty if certainty is None else round(certainty, 6),
        "heatmap": None if heatmap is None else str(heatmap),
        "error": error,
    }


def _table(rows: Iterable[dict[str, Any]]) -> str:
    return tables.table(
        ("file", "class", "probability"),
        [(row["file"], row["class"], _percent(row["probability"])) for row in rows],
    )


def _percent(probability: float) -> str:
    """As a percentage that never rounds to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"
