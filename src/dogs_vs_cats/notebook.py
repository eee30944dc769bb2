"""For notebooks and scripts: the project's models, results and pictures, as pandas tables.

:mod:`dogs_vs_cats` offers these functions under its own name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout


@dataclass(frozen=True)
class Model:
    """A saved model of this project, loaded."""

    name: str
    """Its file, or the champion's version."""
    classes: tuple[str, str]
    """Names of label 0 and label 1."""
    network: Any
    """The Keras model: uint8 RGB pictures (batch, side, side, 3) to the probability of label 1,
    (batch, 1)."""


def load_model(name_or_path: str | Path | None = None, root: str | Path = ".") -> Model:
    """Load a method's model, a model file, or the best model, as ``dogs-vs-cats predict`` does.

    Example::

        load_model()                        # the champion of MLflow's registry
        load_model("fine_tuning")           # data/models/fine_tuning.keras
        load_model("elsewhere/cats.keras").network.summary()

    Args:
        name_or_path: a method, or a ``.keras`` file; None is the registry's champion.
        root: the folder of the project.

    Raises:
        PipelineError: there is no such model, or it cannot be loaded; the message says what to do.
    """
    from dogs_vs_cats.models.saved import load_whole_model
    from dogs_vs_cats.prediction.model_file import model_file

    layout = Layout(Path(root))
    named = layout.model(str(name_or_path)) if name_or_path in METHODS else name_or_path
    file = None if named is None else Path(named)
    with model_file(file, layout.root.resolve(), layout.root / "params.yaml") as it:
        return Model(it.name, it.classes, load_whole_model(it.path))


def predict(
    model: Model | str | Path | None,
    paths: str | Path | Iterable[str | Path],
    root: str | Path = ".",
    batch_size: int = 32,
) -> pd.DataFrame:
    """Tell what is in pictures.

    Example::

        table = predict("fine_tuning", ["photo.jpg", "holiday/", "more/*.png"])
        table[table["class"] == "dog"].sort_values("probability_dog")

    Args:
        model: from :func:`load_model`, or what that takes.
        paths: files, folders with all pictures in them, or patterns.
        root: the folder of the project, which a model is looked for in; paths are not.
        batch_size: pictures decoded and predicted at once.

    Returns:
        A row a file: ``file``, ``class``, a column ``probability_CLASS`` for each class (0 to 1),
        and ``error``: why the file cannot be read as a picture. Either ``error`` is missing, or
        class and probabilities are (``table["error"].isna()``).

    Raises:
        PipelineError: as :func:`load_model`, or the model takes no pictures.
    """
    from dogs_vs_cats.prediction.files import find_pictures
    from dogs_vs_cats.prediction.predict import decide
    from dogs_vs_cats.prediction.predict import predict as predict_paths

    if not isinstance(model, Model):
        model = load_model(model, root)
    names = [paths] if isinstance(paths, str | Path) else paths
    found = find_pictures([str(name) for name in names])
    negative, positive = model.classes
    rows = []
    for each in predict_paths(model.network, found, batch_size):
        p = each.probability
        decided = None if p is None else decide(p, model.classes)[0]
        rows.append((str(each.path), decided, None if p is None else 1 - p, p, each.error))
    probabilities = [f"probability_{negative}", f"probability_{positive}"]
    columns = ["file", "class", *probabilities, "error"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(probabilities, float))


def results(root: str | Path = ".") -> pd.DataFrame:
    """What the methods reached on the test pictures, and what they cost.

    Example::

        table = results()
        table.loc["fine_tuning", "accuracy"]
        table.plot.scatter("multiply_adds", "accuracy")

    Args:
        root: the folder of the project.

    Returns:
        A row a method, which is the index. Columns, all of ``reports/``: ``accuracy`` with its
        95 % interval ``accuracy_low`` to ``accuracy_high``, ``roc_auc``, ``log_loss`` (nats),
        ``brier``, ``expected_calibration_error``, ``pictures`` (how many it was judged on);
        ``parameters``, ``trainable_parameters``, ``multiply_adds`` (a picture), ``model_bytes``,
        ``training_seconds`` (NaN where this machine did not train it).

    Raises:
        PipelineError: a report is missing; the message names the stage that makes it.
    """
    from dogs_vs_cats.reporting.results import read_scores

    evaluation, cost, timings = read_scores(Layout(Path(root)))
    table = pd.DataFrame(
        [
            evaluation[method]
            | cost[method]
            | {"training_seconds": timings.get(method, {}).get("seconds", float("nan"))}
            for method in METHODS
        ],
        index=pd.Index(METHODS, name="method"),
    )
    return table.drop(columns="confusion")


def manifest(root: str | Path = ".") -> pd.DataFrame:
    """The chosen pictures of all splits.

    Example::

        table = manifest()
        table.groupby(["split", "class"]).size()
        table[table["split"] == "test"].sample(5)["file"]  # under data/splits/

    Args:
        root: the folder of the project.

    Returns:
        A row a picture: ``split``, ``class``, ``file`` (under ``data/splits/``), ``sha256``,
        ``width`` and ``height`` (pixels), ``bytes``, ``phash`` (64 bits, hexadecimal).

    Raises:
        PipelineError: ``data/manifest.csv`` is missing or is none.
    """
    from dogs_vs_cats.data.validation.picture_table import read_manifest

    table = read_manifest(Layout(Path(root)).manifest)
    return table.astype(dict.fromkeys(("width", "height", "bytes"), int))
