"""The lecture's settings, as DVC itself writes them into ``params.yaml``."""

import math
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from dvc.utils.hydra import apply_overrides
from parameters import COMMITTED, PARAMS

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.settings import Params, read_params


def overrides() -> list[str]:
    result = CliRunner().invoke(cli, ["preset", "lecture"], catch_exceptions=False)
    words = result.output.split()
    assert words[::2] == ["-S"] * (len(words) // 2)
    return words[1::2]


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """The committed file after ``dvc exp run`` with the preset's options."""
    path = tmp_path_factory.mktemp("lecture") / "params.yaml"
    shutil.copyfile(PARAMS, path)
    apply_overrides(path, overrides())
    return read_params(path)


@pytest.mark.parametrize(
    ("method", "learning_rate", "epochs", "dropout"),
    # The notebook's compile() and fit() calls
    [
        ("small_convnet", 1e-4, 30, 0.0),
        ("augmented_convnet", 1e-4, 100, 0.5),
        ("feature_extraction", 2e-5, 30, 0.5),
        ("frozen_base", 2e-5, 30, 0.0),
        ("fine_tuning", 1e-5, 100, 0.0),
    ],
)
def test_a_method_is_trained_as_in_the_lecture(
    lecture: Params, method: Method, learning_rate: float, epochs: int, dropout: float
) -> None:
    settings = lecture.method(method)
    assert (settings.learning_rate, settings.epochs) == (learning_rate, epochs)
    assert settings.dropout == dropout
    assert (settings.optimizer, settings.batch_size) == ("rmsprop", 20)
    assert (settings.schedule, settings.class_weight) == ("constant", "none")
    assert settings.early_stopping == 0
    added = (settings.weight_decay, settings.label_smoothing, settings.ema_momentum)
    assert added == (0, 0, 0)
    assert settings.seed == COMMITTED[method]["seed"]  # it names none


def test_pictures_and_base_are_the_lecture_s(lecture: Params) -> None:
    assert lecture.classes == ("cat", "dog")
    split = lecture.split
    assert (split.strategy, split.by) == ("first", "file")
    assert (split.train, split.validation, split.test) == (1000, 500, 500)
    backbone = lecture.backbone
    assert (backbone.name, backbone.image_size) == ("vgg16", 150)
    assert backbone.preprocessing == "rescale"
    assert lecture.head.pooling == "flatten"
    assert lecture.compute.precision == "float32"


def test_pictures_are_augmented_as_in_the_lecture(lecture: Params) -> None:
    augmentation = lecture.augmentation
    assert augmentation.rotation == 40
    assert (augmentation.width_shift, augmentation.height_shift, augmentation.zoom) == 3 * (0.2,)
    assert (augmentation.horizontal_flip, augmentation.fill) == (True, "nearest")
    assert augmentation.views == 0
    # ImageDataGenerator takes shear_range in degrees.
    assert augmentation.shear == pytest.approx(math.tan(math.radians(0.2)), abs=1e-9)


def test_it_sets_all_of_a_method_but_its_seed() -> None:
    named = {setting.partition("=")[0] for setting in overrides()}
    for method in METHODS:
        assert {f"{method}.{key}" for key in COMMITTED[method]} - named == {f"{method}.seed"}


def test_an_unknown_preset_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["preset", "lectur"])
    assert result.exit_code == 2
    assert "lectur" in result.output
    assert "lecture" in result.output
