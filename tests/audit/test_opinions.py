"""``audit picture --predict``: models asked about any picture."""

from pathlib import Path

import numpy as np
import pytest
from colour_models import write_model
from conftest import jpeg

from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def asked(project, monkeypatch):
    """The project with models that say Katze with 0.75 and dog with 0.6, and real pictures.

    One knows three classes: what a model's classes are called stands in its file."""
    # It sets up the process, and all tests share one.
    monkeypatch.setattr("dogs_vs_cats.audit.opinions.set_up", lambda *_, **__: None)
    models = {
        "small_convnet": (("Katze", "Hund"), [-np.log(3)]),
        "feature_extraction": (("cat", "dog", "owl"), np.log([0.1, 0.6, 0.3])),
    }
    for method, (classes, bias) in models.items():
        path = project.path(f"data/models/{method}.keras")
        write_model(path, classes, np.zeros((3, len(bias))), bias)
    project.picture("train", "cat", 0).write_bytes(jpeg(1))
    project.write_manifest()
    project.record()
    project.commit("Models that can be asked")
    return project


def says(document):
    return {each["method"]: each["says"] for each in document["opinions"]}


ANSWERS = {
    "small_convnet": {"predicted": "Katze", "probability": 0.75},
    "feature_extraction": {"predicted": "dog", "probability": 0.6},
}


def test_a_training_picture_is_judged_by_the_newest_model_of_each_method(asked):
    document = asked.audit_json("picture", str(asked.picture("train", "cat", 0)), "--predict")

    assert says(document) == ANSWERS
    assert document["seen"][0]["models"][0]["says"] is None  # of training pictures none is recorded
    assert document["notes"] == []


def test_a_digest_is_enough_where_the_cache_has_picture_and_models(asked):
    picture = asked.picture("train", "cat", 0)
    digest = asked.sha256(picture)
    picture.unlink()
    for method in ANSWERS:
        asked.path(f"data/models/{method}.keras").unlink()

    assert says(asked.audit_json("picture", digest, "--predict")) == ANSWERS


def test_a_picture_that_no_version_has_is_judged_too(asked, tmp_path: Path):
    picture = tmp_path / "new.jpg"
    picture.write_bytes(jpeg(99))

    document = asked.audit_json("picture", str(picture), "--predict")

    assert document["seen"] == []
    assert says(document) == ANSWERS
    text = asked.audit("picture", str(picture), "--predict").stdout
    assert "Asked now, the newest model of each method" in text
    assert "dog (0.600)" in text


def test_a_model_that_is_lost_says_nothing(asked):
    md5 = asked.md5("data/models/small_convnet.keras")
    asked.cached(md5).unlink()
    asked.path("data/models/small_convnet.keras").write_text("another")

    document = asked.audit_json("picture", str(asked.picture("train", "cat", 0)), "--predict")

    assert says(document) == ANSWERS | {"small_convnet": None}


@pytest.mark.parametrize("what", ["a file that is no picture", "a digest without a picture"])
def test_what_no_model_can_look_at_is_refused(asked, what, tmp_path):
    file = tmp_path / "text.jpg"
    file.write_text("no picture")

    result = asked.audit("picture", str(file) if "file" in what else "0" * 64, "--predict")

    assert isinstance(result.exception, PipelineError)
    assert ("not a picture" if "file" in what else "Give its file") in str(result.exception)
