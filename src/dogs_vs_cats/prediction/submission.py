"""Answers to the competition's unlabelled pictures, in the form in which Kaggle takes them.

*Dogs vs. Cats* (2013) scored the share of right labels, 1 for a dog and 0 for a cat. Its second
edition, *Dogs vs. Cats Redux* (2016), takes the probability of a dog and scores its log loss.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dogs_vs_cats.data.splitting.archive import (
    SAMPLE_SUBMISSION,
    TEST_PICTURES,
    unpack_test_pictures,
)
from dogs_vs_cats.prediction.model_file import Model
from dogs_vs_cats.prediction.predict import predict
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import scratch_directory
from dogs_vs_cats.project.text import first_of, printable
from dogs_vs_cats.settings.sections import folded

UNKNOWN = 0.5
"""What is said of a picture that cannot be read: every id wants an answer."""
BATCH_SIZE = 32
_TOLD = 5


@dataclass(frozen=True)
class Submission:
    """What would be handed in."""

    table: pd.DataFrame
    """A row a picture, in the sample file's order: ``id`` (int) and ``label`` (float, the
    probability of a dog)."""
    unreadable: Mapping[int, str]
    """Ids that have :data:`UNKNOWN`, and why."""


def submission(model: Model, archive: Path, clip: float) -> Submission:
    """Ask a model about the archive's unlabelled pictures.

    Args:
        model: of cats and dogs, in any order and spelling.
        archive: as Kaggle serves it.
        clip: probabilities are brought into ``clip`` to ``1 - clip``. A wrong answer of log loss
            costs -ln of its probability, which near 0 is more than all right ones can mend.

    Raises:
        PipelineError: the model is of other classes, the archive is not Kaggle's, or its pictures
            are not those of its sample file.
    """
    names = [folded(name) for name in model.classes]
    if sorted(names) != ["cat", "dog"]:
        raise PipelineError(
            f"{printable(model.name)} tells {printable(first_of(model.classes, _TOLD))}; the"
            " competition asks for cat and dog."
        )
    dog = model.classes[names.index("dog")]
    with scratch_directory(archive.with_name(TEST_PICTURES.removesuffix(".zip"))) as folder:
        ids = _ids(unpack_test_pictures(archive, folder), archive)
        files = {int(path.stem): path for path in folder.iterdir()}
        _check_same(ids, list(files), archive)
        told = dict(zip(ids, predict(model, [files[i] for i in ids], BATCH_SIZE), strict=True))
    says = {number: (each.probabilities or {dog: UNKNOWN})[dog] for number, each in told.items()}
    table = pd.DataFrame({"id": ids, "label": [says[number] for number in ids]})
    table["label"] = table["label"].clip(clip, 1 - clip)
    return Submission(table, {n: each.error for n, each in told.items() if each.error})


def _ids(sample: bytes, archive: Path) -> list[int]:
    try:
        rows = list(csv.reader(io.StringIO(sample.decode()), strict=True))
        if rows[0] != ["id", "label"]:
            raise ValueError
        return [int(number) for number, _ in rows[1:]]
    except (ValueError, IndexError, csv.Error):
        raise PipelineError(
            f"{SAMPLE_SUBMISSION} in {archive} is no table of id,label. Download it again."
        ) from None


def _check_same(ids: list[int], pictures: list[int], archive: Path) -> None:
    asked, there = set(ids), set(pictures)
    missing, extra = ([*map(str, sorted(a - b))] for a, b in ((asked, there), (there, asked)))
    if missing or extra:
        raise PipelineError(
            f"{archive}: {SAMPLE_SUBMISSION} and {TEST_PICTURES} name other pictures. Only in the"
            f" table: {first_of(missing, _TOLD) or 'none'}. Only in the zip:"
            f" {first_of(extra, _TOLD) or 'none'}. Download the archive again."
        )
