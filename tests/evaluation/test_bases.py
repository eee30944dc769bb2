from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from parameters import changed_params

from dogs_vs_cats.evaluation import bases
from dogs_vs_cats.evaluation.bases import compare_bases, learning_curves, read_bases
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_csv

SETTINGS = {"compare.draws": 2, "compare.curve": [2, 5]}


def write_banks(folder: Path, strength: float, seed: int = 0) -> None:
    """Banks of ten pictures a class, told apart the better, the stronger."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for split in ("train", "validation", "test"):
        labels = np.repeat([0, 1], 10).astype(np.int32)
        maps = rng.exponential(size=(1, 20, 1, 1, 8)).astype(np.float16)
        maps[0, np.arange(20), 0, 0, labels] += np.float16(strength)
        np.save(folder / f"{split}.npy", maps)
        np.save(labels_path(folder / f"{split}.npy"), labels)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Banks of VGG16, which is poor, and of EfficientNet-Lite0; and the chosen base's."""
    costs = {"vgg16": 10, "efficientnet_lite0": 2, "resnet50": 5}
    monkeypatch.setattr(
        bases, "_cost", lambda base: {"parameters": 7, "multiply_adds": costs[base.name]}
    )
    write_banks(tmp_path / "bases/vgg16-150", 0.3)
    write_banks(tmp_path / "bases/efficientnet_lite0-150", 20)
    write_banks(tmp_path / "features", 20, seed=1)
    return tmp_path


def read(place: Path, names: list[str], **backbone: Any) -> list[bases.Base]:
    changes = {f"backbone.{name}": value for name, value in backbone.items()}
    params = changed_params({"compare.backbones": names, **changes})
    return read_bases(params.compare, params.backbone, place / "bases", place / "features")


BOTH = ["efficientnet_lite0-150", "vgg16-150"]


def test_the_chosen_base_takes_part_even_if_it_is_not_named(place: Path) -> None:
    assert [(base.name, base.chosen) for base in read(place, BOTH)] == [
        ("efficientnet_lite0-150", False),
        ("vgg16-150", True),
    ]
    added = read(place, BOTH, name="resnet50", image_size=224)[-1]
    assert (added.name, added.chosen) == ("resnet50-224", True)
    expected = np.load(place / "features/test.npy")[0, :, 0, 0].astype(np.float32)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(added.samples["test"].features, expected, atol=1e-5)


def test_own_weights_and_pixels_make_another_base(place: Path) -> None:
    own = read(place, BOTH, weights="mine.weights.h5")
    assert [(base.name, base.chosen) for base in own[1:]] == [
        ("vgg16-150", False),
        ("vgg16-150 (own weights)", True),
    ]
    assert read(place, BOTH, preprocessing="rescale")[-1].name == "vgg16-150 (rescale)"


def test_each_base_is_tested_against_vgg16(place: Path) -> None:
    params = changed_params(SETTINGS)
    table = compare_bases(read(place, BOTH), params.compare, 500)
    lite, vgg16 = table.to_dict("records")
    assert (lite["base"], lite["reference"], vgg16["reference"]) == (
        "efficientnet_lite0-150",
        "vgg16-150",
        "vgg16-150",
    )
    assert lite["accuracy"] == 1.0 > vgg16["accuracy"]
    assert lite["accuracy_difference"] == pytest.approx(1 - vgg16["accuracy"])
    assert lite["low"] <= lite["accuracy_difference"] <= lite["high"]
    assert lite["only_a_right"] == 0
    assert lite["only_b_right"] == 20 * (1 - vgg16["accuracy"])
    assert lite["p_adjusted"] == lite["p_value"] == 2 * 0.5 ** lite["only_b_right"]
    assert lite["accuracy_low"] == pytest.approx(0.839, abs=0.001)
    assert pd.isna(vgg16["p_value"])
    assert (lite["best_by_validation"], vgg16["chosen"]) == (True, True)


def test_without_vgg16_the_first_is_the_reference(place: Path) -> None:
    read_ones = read(place, BOTH[:1], name="resnet50", image_size=224)
    table = compare_bases(read_ones, changed_params(SETTINGS).compare, 500)
    assert set(table["reference"]) == {"efficientnet_lite0-150"}


def test_of_equal_bases_the_one_of_less_work_is_best(place: Path) -> None:
    read_ones = read(place, BOTH[:1], name="resnet50", image_size=224)
    table = compare_bases(read_ones[::-1], changed_params(SETTINGS).compare, 500)
    assert table["validation_accuracy"].tolist() == [1.0, 1.0]
    assert table.loc[table["best_by_validation"], "base"].tolist() == ["efficientnet_lite0-150"]


def test_one_base_is_a_table_too_and_counts_are_whole(place: Path, tmp_path: Path) -> None:
    settings = changed_params(SETTINGS).compare
    for names in (["vgg16-150"], BOTH):
        write_csv(tmp_path / "table.csv", compare_bases(read(place, names), settings, 500))
        text = (tmp_path / "table.csv").read_text()
        assert text.splitlines()[-1].endswith(",vgg16-150,,,,,,,,")
        assert "0.0," not in text.replace("0.0,0.0", "").splitlines()[-1]


def test_curves_are_of_vgg16_the_chosen_and_the_best_base(place: Path) -> None:
    write_banks(place / "bases/resnet50-224", 1, seed=3)
    params = changed_params(SETTINGS)
    read_ones = read(place, [*BOTH, "resnet50-224"])
    table = compare_bases(read_ones, params.compare, 500)
    curves = learning_curves(read_ones, table, params.compare)
    assert curves["base"].unique().tolist() == BOTH
    of_base = curves[curves["base"] == "vgg16-150"]
    assert of_base["pictures_per_class"].tolist() == [2, 2, 5, 5, 10]
    whole = table.set_index("base")["accuracy"]
    assert curves.groupby("base")["accuracy"].last().to_dict() == whole[BOTH].to_dict()


def test_features_of_other_pictures_are_refused(place: Path) -> None:
    path = labels_path(place / "bases/vgg16-150/test.npy")
    np.save(path, np.load(path)[::-1])
    with pytest.raises(PipelineError, match="vgg16-150 are not of the same pictures"):
        read(place, BOTH)


def test_the_real_cost_of_a_base_is_counted() -> None:
    vgg16 = bases._cost(changed_params({}).backbone)
    assert vgg16 == {"parameters": 14_714_688, "multiply_adds": 6_615_491_328}
