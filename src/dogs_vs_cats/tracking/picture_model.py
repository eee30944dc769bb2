"""The model that MLflow loads and serves: picture files in, a row of named probabilities each out.

MLflow takes a copy of this module, of the reading of pictures and of deciding into each model: see
:mod:`dogs_vs_cats.tracking.logged_model`. So it imports nothing else of this project.
"""

import base64
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from dogs_vs_cats.data.reading.decoding import Pixels, UnreadableError, upright
from dogs_vs_cats.evaluation.deciding import ANSWERS, Answers, Decision, told

BATCH_SIZE = 32


class PictureModel:
    """A saved model with the names of its classes.

    Args:
        path: a ``.keras`` file of :func:`dogs_vs_cats.models.saved.save_model`. Beside it may lie
            ``decision.json``: a :class:`~dogs_vs_cats.evaluation.deciding.Decision`.
    """

    def __init__(self, path: str) -> None:
        model = keras.models.load_model(path, compile=False)
        # Cut behind its resizing, so that pictures of all sizes make batches.
        squares = next(
            layer.output for layer in model.layers if isinstance(layer, keras.layers.Resizing)
        )
        self._resize = keras.Model(model.input, squares)
        self._network = keras.Model(squares, model.output)
        with zipfile.ZipFile(path) as saved:
            metadata = json.loads(saved.read("metadata.json"))
        self._classes: list[str] = metadata["dogs_vs_cats"]["classes"]
        chosen = Path(path).with_name("decision.json")
        self._decision = Decision.of(json.loads(chosen.read_text())) if chosen.exists() else None

    def predict(self, model_input: Any, params: Any = None) -> pd.DataFrame:
        """Tell what is in pictures.

        Args:
            model_input: pictures, as a list, a pandas column or a table of one: the bytes of files,
                text that holds them in base64, or ``pathlib.Path`` (text is never taken for a path:
                who asks a server must not choose among its files). Or their pixels, RGB of 0 to
                255, (pictures, height, width, 3).
            params: ``answers``: ``raw``, ``calibrated`` or ``decided``
                (:data:`~dogs_vs_cats.evaluation.deciding.Answers`).

        Returns:
            A row a picture: ``class`` (the likeliest; if decided, that of least expected cost, and
            None where the model is not sure), its ``probability``, ``probability_NAME`` of each
            class, and ``error``: why it is no picture. All else is None then.

        Raises:
            MlflowException: the input is neither, or there are no such answers.
        """
        answers = self._checked((params or {}).get("answers", "raw"))
        read = [_pixels(each) for each in _pictures(model_input)]
        pictures = [each for each in read if not isinstance(each, str)]
        said = iter(self._probabilities(pictures))
        rows = [
            self._refused(each) if isinstance(each, str) else self._answer(next(said), answers)
            for each in read
        ]
        names = [
            "class",
            "probability",
            *(f"probability_{name}" for name in self._classes),
            "error",
        ]
        return pd.DataFrame(rows, columns=names, dtype=object)

    def _probabilities(self, pictures: Sequence[Pixels]) -> Iterator[Any]:
        for start in range(0, len(pictures), BATCH_SIZE):
            batch = pictures[start : start + BATCH_SIZE]
            squares = [self._resize(np.ascontiguousarray(each)[np.newaxis])[0] for each in batch]
            yield from self._network.predict_on_batch(np.stack(squares))

    def _checked(self, answers: Any) -> Answers:
        if answers not in ANSWERS:
            problem = f"answers is {answers!r}; expected {', '.join(ANSWERS)}."
            raise MlflowException(problem, error_code=INVALID_PARAMETER_VALUE)
        if answers != "raw" and self._decision is None:
            problem = "nothing was chosen for this model's answers, so only raw ones can be had."
            raise MlflowException(problem, error_code=INVALID_PARAMETER_VALUE)
        return answers  # type: ignore[no-any-return]

    def _answer(self, probabilities: Any, answers: Answers) -> list[Any]:
        probabilities, label, sure = told(probabilities, self._classes, answers, self._decision)
        name = self._classes[label] if sure else None
        return [name, float(probabilities[label]), *map(float, probabilities), None]

    def _refused(self, why: str) -> list[Any]:
        return [*(None for _ in range(2 + len(self._classes))), why]


def _pictures(given: Any) -> list[Any]:
    """The pictures of an input, whatever MLflow or a caller made of it."""
    if isinstance(given, pd.DataFrame):
        given = {name: given[name] for name in given.columns}
    if isinstance(given, Mapping):
        if len(given) != 1:
            raise _refusal(f"a table of {len(given)} columns ({', '.join(map(str, given))})")
        (given,) = given.values()
    if isinstance(given, str | bytes | os.PathLike):
        return [given]
    if isinstance(given, np.ndarray) and given.dtype.kind in "iufb":
        if given.ndim != 4 or given.shape[-1] != 3:
            raise _refusal(f"numbers of shape {given.shape}")
        if given.dtype.kind not in "iu" or given.min(initial=0) < 0 or given.max(initial=0) > 255:
            raise _refusal(f"{given.dtype} from {given.min()} to {given.max()}")
        return list(given.astype(np.uint8))
    return list(given)


def _refusal(received: str) -> MlflowException:
    return MlflowException(
        "expected picture files, as bytes or in base64, in a list or one column; or whole numbers"
        f" of 0 to 255 of shape (pictures, height, width, 3). Received {received}.",
        error_code=INVALID_PARAMETER_VALUE,
    )


def _pixels(picture: Any) -> Pixels | str:
    """The upright pixels of a picture, or why it is none."""
    try:
        if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3:
            return picture
        if isinstance(picture, str):
            # What a browser makes of a file begins so.
            _, _, text = (
                picture.rpartition(";base64,") if picture[:5] == "data:" else ("", "", picture)
            )
            picture = base64.b64decode(text, validate=True)
        elif isinstance(picture, os.PathLike):
            picture = Path(picture).read_bytes()
        if not isinstance(picture, bytes | bytearray | memoryview):
            return f"{type(picture).__name__} is neither bytes nor base64"
        return upright(bytes(picture))
    except UnreadableError as error:
        return str(error)
    except ValueError:
        return "text that is not base64 (a path is given as pathlib.Path)"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _load_pyfunc(path: str) -> PictureModel:
    """What MLflow calls a loader module for."""
    return PictureModel(path)
