"""Heads trained again, on small banks and VGG16's real weights."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.classes import write_classes
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.methods import Method, feature_extraction, frozen_base
from dogs_vs_cats.models.head import parts
from dogs_vs_cats.models.outputs import class_scores
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.robustness.seeds import retrain_heads
from dogs_vs_cats.settings import Params, read_params

ROOT = Path(__file__).parents[2]
SEEDS: dict[Method, int] = {"feature_extraction": 7, "frozen_base": 3}


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """The committed parameters for small pictures, with short trainings of the heads."""
    content = load_yaml((ROOT / "params.yaml").read_bytes())
    content["backbone"]["image_size"] = 46
    for method, seed in SEEDS.items():
        content[method] = {
            "epochs": 3,
            "batch_size": 8,
            "optimizer": "adam",
            "learning_rate": 1e-3,
            "schedule": "constant",
            "class_weight": "none",
            "weight_decay": 0.0,
            "label_smoothing": 0.0,
            "dropout": 0.5,
            "ema_momentum": 0.0,
            "seed": seed,
        }
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text(dump_yaml(content))
    return read_params(path)


@pytest.fixture(scope="module", params=[("cat", "dog"), ("cat", "dog", "elk")])
def layout(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Layout:
    """Noise in which the class shows a little, so that seeds matter."""
    layout = Layout(tmp_path_factory.mktemp("seeds"))
    write_classes(layout.classes, request.param)
    rng = np.random.default_rng(0)
    for folder, views, side in ((layout.features, 1, 1), (layout.views, 2, 2)):
        folder.mkdir(parents=True)
        for split, count in (("train", 40), ("validation", 30), ("test", 50)):
            labels = (np.arange(count) % len(request.param)).astype(np.int32)
            bank = rng.normal(size=(views if split == "train" else 1, count, side, side, 512))
            bank += 0.1 * labels[:, np.newaxis, np.newaxis, np.newaxis]
            path = folder / f"{split}.npy"
            np.save(path, (20 * np.abs(bank)).astype(np.float16))
            np.save(labels_path(path), labels)
    layout.weights.parent.mkdir()
    build("vgg16", 46).save_weights(layout.weights)
    return layout


def retrain(layout: Layout, params: Params, seeds: int) -> pd.DataFrame:
    settings = {method: params.method(method) for method in SEEDS}
    return retrain_heads(seeds, layout, params.backbone, params.head, settings)


@pytest.fixture(scope="module")
def two_seeds(layout: Layout, params: Params) -> pd.DataFrame:
    return retrain(layout, params, 2)


def test_one_seed_trains_nothing_and_leaves_the_header(tmp_path: Path, params: Params) -> None:
    table = retrain(Layout(tmp_path), params, 1)
    assert table.to_csv(index=False) == (
        "method,seed,best_epoch,validation_accuracy,test_accuracy\n"
    )


def test_each_head_is_trained_with_its_own_seed_and_the_next_ones(
    layout: Layout, two_seeds: pd.DataFrame
) -> None:
    assert list(zip(two_seeds["method"], two_seeds["seed"], strict=True)) == [
        ("feature_extraction", 7),
        ("feature_extraction", 8),
        ("frozen_base", 3),
        ("frozen_base", 4),
    ]
    assert two_seeds["best_epoch"].isin([1, 2, 3]).all()
    assert two_seeds["validation_accuracy"].between(0, 1).all()
    assert not [path for path in layout.views.parent.iterdir() if "pooled" in path.name]


@pytest.mark.parametrize("method", SEEDS)
def test_the_first_seed_repeats_the_methods_own_training(
    layout: Layout, params: Params, two_seeds: pd.DataFrame, method: Method
) -> None:
    row = two_seeds[two_seeds["method"] == method].iloc[0]
    keras.utils.set_random_seed(SEEDS[method])
    learn = {"feature_extraction": feature_extraction, "frozen_base": frozen_base}[method].learn
    trained = learn(layout, params, lambda epoch, metrics: None)
    best = trained.training.history[trained.training.best_epoch - 1]
    assert row["best_epoch"] == trained.training.best_epoch
    assert row["validation_accuracy"] == pytest.approx(best["val_accuracy"])
    if method == "feature_extraction":
        _, head = parts(trained.model)
        logits = head.predict(np.load(layout.features / "test.npy")[0], verbose=0)
        labels = np.load(labels_path(layout.features / "test.npy"))
        predicted = np.argmax(class_scores(logits), axis=1)
        assert row["test_accuracy"] == pytest.approx(np.mean(predicted == labels))


def test_without_banked_views_the_frozen_base_is_left_out(
    layout: Layout, params: Params, two_seeds: pd.DataFrame, tmp_path: Path
) -> None:
    shutil.copytree(layout.root, tmp_path, dirs_exist_ok=True)
    without = Layout(tmp_path)
    train = without.views / "train.npy"
    np.save(train, np.load(train)[:0])
    table = retrain(without, params, 2)
    pd.testing.assert_frame_equal(table, two_seeds[two_seeds["method"] == "feature_extraction"])
