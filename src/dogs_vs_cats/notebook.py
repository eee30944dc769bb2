"""For notebooks and scripts: the project's models, results and pictures, as pandas tables.

:mod:`dogs_vs_cats` offers these functions under its own name.
"""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dogs_vs_cats.evaluation.deciding import Answers
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.prediction.model_file import Advice, Model, load, model_file
from dogs_vs_cats.project.layout import Layout


def load_model(name_or_path: str | Path | None = None, root: str | Path = ".") -> Model:
    """Load a method's model, a model file, or the best model, as ``dogs-vs-cats predict`` does.

    Example::

        load_model()                # the champion of MLflow's registry
        load_model("fine_tuning")   # data/models/fine_tuning.keras
        load_model("elsewhere/cats.keras").network.summary()

    Args:
        name_or_path: a method, or a ``.keras`` file; None is the registry's champion.
        root: the folder of the project.

    Returns:
        ``name``, ``classes`` (their names, from the model's file) and ``network`` (the Keras model:
        uint8 pictures to a probability of each class).

    Raises:
        PipelineError: there is no such model, it cannot be loaded, or does not tell its classes.
    """
    named = Layout(Path(root)).model(str(name_or_path)) if name_or_path in METHODS else name_or_path
    path = None if named is None else Path(named)
    advice = Advice(
        project='Name its root: root="path/to/project"',
        model="name a method or a model file",
    )
    place = Path(os.path.abspath(root))  # noqa: PTH100 (without the dots)
    with model_file(path, place, advice) as found:
        return load(found)


def predict(
    model: Model | str | Path | None,
    paths: str | Path | Iterable[str | Path],
    root: str | Path = ".",
    answers: Answers = "raw",
) -> pd.DataFrame:
    """Tell what is in pictures.

    Example::

        table = predict("fine_tuning", ["photo.jpg", "holiday/", "more/*.png"])
        table[table["class"] == "dog"].sort_values("probability_dog")

    Args:
        model: from :func:`load_model`, or what that takes.
        paths: files, folders with all pictures in them, or patterns.
        root: the folder of the project, in which the model is looked for; the paths are not.
        answers: ``raw``, ``calibrated`` (probabilities as they came true on validation) or
            ``decided`` (also by ``evaluate.costs``, and without a class where it is not sure).

    Returns:
        A row a file: ``file``, ``class`` (the likeliest), its ``probability``, of up to 20 classes
        a column ``probability_CLASS`` for each one (0 to 1), and ``error``. Of a file that cannot
        be read as a picture, ``error`` says why, and class and probabilities are missing; else
        ``error`` is missing. A class alone is missing where the model does not know.

        Warns of what is left out of folders.

    Raises:
        PipelineError: as :func:`load_model`, the model takes no pictures, or nothing was chosen
            for its answers.
    """
    from dogs_vs_cats.prediction import predict as prediction
    from dogs_vs_cats.prediction.files import find_pictures

    model = model if isinstance(model, Model) else load_model(model, root)
    found = find_pictures([*map(str, [paths] if isinstance(paths, str | Path) else paths)])
    if found.left_out:
        warnings.warn(str(found), stacklevel=2)
    predictions = prediction.predict(model, found.paths, batch_size=32, answers=answers)
    table = pd.DataFrame(
        [(str(each.path), each.decided, each.probability) for each in predictions],
        columns=["file", "class", "probability"],
    ).astype({"probability": float})
    if len(model.classes) <= prediction.MOST_NAMED:
        told = [each.probabilities or {} for each in predictions]
        for name in model.classes:
            column = [probabilities.get(name) for probabilities in told]
            table[f"probability_{name}"] = pd.Series(column, dtype=float)
    table["error"] = [each.error for each in predictions]
    return table


def results(root: str | Path = ".") -> pd.DataFrame:
    """What the methods reached on the test pictures, and what they cost, out of ``reports/``.

    Example::

        results().loc["fine_tuning", "accuracy"]
        results().plot.scatter("multiply_adds", "accuracy")

    Args:
        root: the folder of the project.

    Returns:
        A row a method, its name as index: ``accuracy`` with its 95 % interval ``accuracy_low`` to
        ``accuracy_high``, ``roc_auc``, ``log_loss`` (nats), ``brier``, ``pictures`` (judged on),
        ``expected_calibration_error``; ``parameters``, ``trainable_parameters``,
        ``multiply_adds`` (a picture), ``model_bytes``, ``training_seconds`` (its own epochs) and
        ``seconds_to_model`` (with all that they start from), NaN where not known.

    Raises:
        PipelineError: a report is missing; the message names the stage that makes it.
    """
    from dogs_vs_cats.reporting.results import read_scores

    evaluation, cost, times = read_scores(Layout(Path(root)))
    table = pd.DataFrame([evaluation[method] | cost[method] for method in METHODS], METHODS)
    table["training_seconds"] = pd.Series({m: t.seconds for m, t in times.items()}, dtype=float)
    table["seconds_to_model"] = pd.Series({m: t.whole for m, t in times.items()}, dtype=float)
    return table.drop(columns=["confusion", "decision"], errors="ignore").rename_axis("method")


def manifest(root: str | Path = ".") -> pd.DataFrame:
    """The chosen pictures of all splits.

    Example::

        manifest().groupby(["split", "class"]).size()
        manifest().query("split == 'test'").sample(5)["file"]  # under data/splits/

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
