"""What the newest model of each method says about one picture, asked now. Imports TensorFlow."""

from pathlib import Path
from typing import Any

from dogs_vs_cats.audit.history import History, TrainedModel
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.prediction.files import unreadable
from dogs_vs_cats.prediction.model_file import ModelFile, load
from dogs_vs_cats.prediction.predict import answer, predict_files
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.settings import ComputeSettings

Document = dict[str, Any]


def opinions(history: History, picture: Path) -> list[Document]:
    """Ask the newest model of each method that a ``dvc.lock`` records.

    Args:
        history: of the project.
        picture: a picture file of any name, which no data version needs to have.

    Returns:
        Ready for JSON, in the order of the methods: ``method``, ``md5``, and ``says``:
        ``predicted`` and ``probability`` (of that class), or None if the model's file is neither
        in the working tree nor in the cache.

    Raises:
        PipelineError: the picture cannot be read, or a model cannot be loaded or does not tell
            what its classes are called.
    """
    set_up(ComputeSettings(precision="float32"), seed=0)
    newest: dict[str, TrainedModel] = {}
    for model in history.models.values():
        newest.setdefault(model.method, model)
    models = [newest[method] for method in METHODS if method in newest]
    asked = [(model, history.objects.file(model.file)) for model in models]
    return [
        {
            "method": model.method,
            "md5": model.file.md5,
            "says": _ask(model, file, picture) if file else None,
        }
        for model, file in asked
    ]


def _ask(model: TrainedModel, file: Path, picture: Path) -> Document:
    with temporary_directory() as folder:
        # Keras goes by the name, and a file in DVC's cache has none.
        named = folder / f"{model.method}.keras"
        named.symlink_to(file.resolve())
        loaded = load(ModelFile(named, model.file.path))
        batches = list(predict_files(loaded.network, [picture], 1))
    if not batches:
        raise unreadable(picture)
    told = answer(batches[0].probabilities[0], loaded)
    return {"predicted": told.decided, "probability": round(told.probability, 6)}
