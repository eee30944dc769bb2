from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dogs_vs_cats.evaluation.metrics import read_predictions
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.robustness.typicality import class_distances, typicality_table

CLASSES = ("cat", "dog")


def maps(*vectors: tuple[float, ...]) -> np.ndarray:
    """Feature maps (pictures, 2, 2, channels), each the same at every place."""
    of_pictures = np.array(vectors, np.float16)[:, None, None, :]
    return np.broadcast_to(of_pictures, (len(vectors), 2, 2, of_pictures.shape[-1])).copy()


def predictions(labels: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    names = np.array(CLASSES)
    said = np.where(right, labels, 1 - labels).astype(int)
    return pd.DataFrame({"actual": names[labels.astype(int)], "predicted": names[said]})


def test_distances_worked_by_hand() -> None:
    # Channel deviations 2, 5 and 0; class means (-2, 5, 1) and (2, 5, 1) less one outlier pair.
    train = maps((-2, 0, 1), (-2, 10, 1), (2, 0, 1), (2, 10, 1))
    labels = np.array([0, 0, 1, 1], np.int32)
    test = maps((-2, 5, 1), (0, 5, 1), (2, 15, 1), (-2, 5, 1))
    distances = class_distances(train, labels, test, np.array([0, 0, 1, 1], np.int32))
    np.testing.assert_allclose(distances, [0, 1, 2, 2], atol=1e-6)


def test_the_place_of_a_feature_does_not_count() -> None:
    rng = np.random.default_rng(0)
    train = rng.normal(size=(20, 3, 3, 8))
    labels = np.array([0, 1] * 10, np.int32)
    moved = np.roll(train, 1, axis=2)
    np.testing.assert_allclose(
        class_distances(train, labels, train, labels), class_distances(train, labels, moved, labels)
    )


def test_groups_are_equal_in_each_class_and_the_nearest_come_first() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0] * 50 + [1] * 50, np.int32)
    # Dogs lie ten times as far from their mean as cats, and are not all "untypical" for that.
    distances = rng.permutation(50).tolist() + (10 * rng.permutation(50)).tolist()
    right = np.concatenate([np.array(distances[:50]) < 40, np.array(distances[50:]) < 400])
    table = typicality_table(
        np.array(distances, float),
        labels,
        {method: predictions(labels, right) for method in METHODS},
        CLASSES,
    )
    assert len(table) == 25
    of_one = table[table["method"] == "fine_tuning"]
    assert of_one["group"].tolist() == [1, 2, 3, 4, 5]
    assert of_one["pictures"].tolist() == [20] * 5
    assert of_one["accuracy"].tolist() == [1, 1, 1, 1, 0]
    assert of_one["mean_distance"].is_monotonic_increasing
    assert (of_one["accuracy_high"] >= of_one["accuracy"]).all()


def test_fewer_pictures_than_groups_leave_groups_out() -> None:
    labels = np.array([0, 0, 1, 1], np.int32)
    table = typicality_table(
        np.array([1.0, 2.0, 1.0, 2.0]),
        labels,
        {"fine_tuning": predictions(labels, labels == labels)},
        CLASSES,
    )
    assert table["group"].tolist() == [1, 2]
    assert table["mean_distance"].tolist() == [1, 2]


def test_a_class_of_few_pictures_goes_to_the_groups_of_their_ranks() -> None:
    classes = ("a", "b", "c")
    labels = np.array([0] * 10 + [1] + [2, 2], np.int32)
    names = np.array(classes)[labels]
    distances = np.array([*range(10), 100.0, 300.0, 200.0])
    table = pd.DataFrame({"actual": names, "predicted": names})
    found = typicality_table(distances, labels, {"fine_tuning": table}, classes)
    # The only b is usual and unusual alike; of two c the nearer one is the more typical.
    assert found["pictures"].tolist() == [2, 3, 3, 3, 2]
    assert found["mean_distance"].tolist() == pytest.approx(
        [0.5, (2 + 3 + 200) / 3, (4 + 5 + 100) / 3, (6 + 7 + 300) / 3, 8.5]
    )


def test_each_of_many_classes_has_a_centre_of_its_own() -> None:
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    labels = np.repeat([0, 1, 2], 4).astype(np.int32)
    around = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    train = maps(*(tuple(centres[label] + around[n % 4]) for n, label in enumerate(labels)))
    distances = class_distances(train, labels, train, labels)
    np.testing.assert_allclose(distances, distances[0], rtol=1e-3)


def test_predictions_of_other_pictures_are_refused() -> None:
    labels = np.array([0, 1], np.int32)
    for others in (np.array([1, 0]), np.array([0, 1, 1])):
        with pytest.raises(PipelineError, match=r"frozen_base .*dvc repro evaluate"):
            typicality_table(
                np.array([1.0, 1.0]),
                labels,
                {"frozen_base": predictions(others, others == others)},
                CLASSES,
            )


def test_classes_may_be_called_as_numbers_or_nothing_are_written(tmp_path: Path) -> None:
    for method in METHODS:
        (tmp_path / f"{method}.csv").write_text(
            "file,actual,predicted,probability_0,probability_null\ntest/0/a.jpg,0,null,0.25,0.75\n"
        )
    for table in read_predictions(tmp_path).values():
        assert table.iloc[0].tolist() == ["test/0/a.jpg", "0", "null", 0.25, 0.75]


def test_missing_predictions_are_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"small_convnet\.csv not found.*evaluate"):
        read_predictions(tmp_path)
