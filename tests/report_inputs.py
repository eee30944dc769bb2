"""A small but complete set of the report's inputs: made-up numbers, drawn pictures."""

import csv
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from conftest import jpeg
from matplotlib.figure import Figure

from dogs_vs_cats.data.reading.classes import Classes, write_classes
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.visualization.drawing import Drawing, Section, save_drawings

ACCURACIES: dict[Method, float] = dict(
    zip(METHODS, (0.739, 0.858, 0.968, 0.967, 0.966), strict=True)
)
CLASSES = ("cat", "dog")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>.jpg'
FEATURES, VIEWS = "data/features", "data/views"
BASE = "data/bases/efficientnet_lite0-224"
MADE = {
    BASE: ("base@efficientnet_lite0-224", []),
    FEATURES: ("features", []),
    VIEWS: ("views", []),
    "data/models/small_convnet.keras": ("train_small_convnet", []),
    "data/models/augmented_convnet.keras": ("train_augmented_convnet", []),
    "data/models/feature_extraction.keras": ("train_feature_extraction", [FEATURES]),
    "data/models/frozen_base.keras": ("train_frozen_base", [VIEWS]),
    "data/models/fine_tuning.keras": ("train_fine_tuning", ["data/models/frozen_base.keras"]),
}
"""Output to the stage that makes it, and what that depends on."""
MD5S = {path: f"{place:032x}" for place, path in enumerate(MADE)}
DIFFICULTIES = (
    "viewpoint",
    "scale",
    "deformation",
    "occlusion",
    "illumination",
    "background_clutter",
)


def counts(classes: Classes = CLASSES) -> dict[str, dict[str, int]]:
    """Split to class to pictures: two classes are equal, more are not."""
    if len(classes) == 2:
        sizes = {"train": 1000, "validation": 500, "test": 500}
        return {split: dict.fromkeys(classes, size) for split, size in sizes.items()}
    test = {name: 20 + 7 * place % 40 for place, name in enumerate(classes)}
    train = {name: 3 * number for name, number in test.items()}
    return {"train": train, "validation": test, "test": test}


def evaluation(
    accuracies: Mapping[Method, float], classes: Classes = CLASSES
) -> dict[Method, dict[str, Any]]:
    pictures = counts(classes)["test"]
    return {
        method: {
            "accuracy": accuracy,
            "accuracy_low": accuracy - 0.02,
            "accuracy_high": min(1.0, accuracy + 0.015),
            "roc_auc": 0.9,
            "log_loss": 0.3,
            "brier": 0.1,
            "expected_calibration_error": 0.02 + place / 100,
            "pictures": sum(pictures.values()),
            "confusion": _confusion(pictures, 1 - accuracy),
            "decision": _decision(accuracy),
        }
        for place, (method, accuracy) in enumerate(accuracies.items())
    }


def _decision(accuracy: float) -> dict[str, Any]:
    def of(name: str, value: float) -> dict[str, float]:
        return {name: value, f"{name}_low": value - 0.01, f"{name}_high": value + 0.01}

    return {
        "model_md5": "0" * 32,
        "temperature": 1.5,
        "costs": {},
        "confidence": 0.9,
        "wanted_accuracy": 0.99,
        "threshold": 0.5,
        "test": {
            "calibrated": {"expected_calibration_error": 0.011, "log_loss": 0.25},
            "likeliest": of("cost", 1 - accuracy) | of("accuracy", accuracy),
            "cheapest": of("cost", 1 - accuracy) | of("accuracy", accuracy),
            "answered": of("coverage", 0.8) | of("accuracy", 0.98) | of("cost", 0.02),
        },
    }


def _confusion(pictures: Mapping[str, int], error: float) -> dict[str, dict[str, int]]:
    """Of more than two classes every third is always named right, and every third errs twice."""
    names = list(pictures)
    confusion = {}
    for place, (name, number) in enumerate(pictures.items()):
        share = error if len(names) == 2 else error * (place % 3)
        wrong = min(number, round(number * share))
        farther = 0 if len(names) == 2 else wrong // 3
        named = {
            name: number - wrong,
            names[(place + 1) % len(names)]: wrong - farther,
            **({names[(place + 2) % len(names)]: farther} if farther else {}),
        }
        confusion[name] = {other: number for other, number in named.items() if number}
    return confusion


def significance(
    accuracies: Mapping[Method, float], supported_from: float = 0.05
) -> list[dict[str, Any]]:
    """Every pair; a difference is supported from a size on."""
    rows = []
    for a, b in combinations(METHODS, 2):
        difference = round(accuracies[b] - accuracies[a], 6)
        supported = abs(difference) >= supported_from
        rows.append(
            {
                "method_a": a,
                "method_b": b,
                "accuracy_difference": difference,
                "low": difference - 0.009,
                "high": difference + 0.009,
                "only_a_right": 12,
                "only_b_right": 11,
                "p_value": 0.00001 if supported else 0.5,
                "p_adjusted": 0.0001 if supported else 1.0,
                "supported": supported,
            }
        )
    return rows


def backbones() -> list[dict[str, Any]]:
    """VGG16, the chosen one, and a cheaper base that is better."""
    vgg16 = {
        "base": "vgg16-150",
        "backbone": "vgg16",
        "image_size": 150,
        "chosen": True,
        "best_by_validation": False,
        "parameters": 14_714_688,
        "multiply_adds": 6_615_491_328,
        "train_accuracy": 0.99,
        "validation_accuracy": 0.97,
        "accuracy": 0.964,
        "accuracy_low": 0.951,
        "accuracy_high": 0.974,
        "pictures": 1000,
        "reference": "vgg16-150",
    }
    lite = {
        "base": "efficientnet_lite0-224",
        "backbone": "efficientnet_lite0",
        "image_size": 224,
        "chosen": False,
        "best_by_validation": True,
        "parameters": 3_413_024,
        "multiply_adds": 383_907_552,
        "validation_accuracy": 0.989,
        "accuracy": 0.991,
        "accuracy_low": 0.983,
        "accuracy_high": 0.995,
        "accuracy_difference": 0.027,
        "low": 0.015,
        "high": 0.039,
        "only_a_right": 5,
        "only_b_right": 32,
        "p_value": 0.00001,
        "p_adjusted": 0.00001,
        "supported": True,
    }
    return [{key: vgg16.get(key) for key in vgg16 | lite}, vgg16 | lite]


def learning_curves() -> list[dict[str, Any]]:
    """Two draws of 2 and of 10 pictures a class, and all 1,000."""
    means = {
        "vgg16-150": {2: 0.85, 10: 0.923, 1000: 0.964},
        "efficientnet_lite0-224": {2: 0.893, 10: 0.976, 1000: 0.991},
    }
    return [
        {"base": base, "pictures_per_class": count, "draw": draw, "accuracy": mean + 0.01 * off}
        for base, points in means.items()
        for count, mean in points.items()
        for draw, off in ([(1, -1), (2, 1)] if count < 1000 else [(1, 0)])
    ]


class Project:
    """A folder with what the stages before the report write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reports = root / "reports"
        self.figures = root / "reports" / "figures"
        self.layout = Layout(root)

    def write_json(self, path: str, value: Any) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(value), encoding="utf-8")

    def write_csv(
        self, path: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        with (self.root / path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    def write_seeds(self, per_method: int) -> None:
        rows = [
            {
                "method": method,
                "seed": seed,
                "best_epoch": 3,
                "validation_accuracy": 0.97,
                "test_accuracy": 0.96 + seed / 1000,
            }
            for method in ("feature_extraction", "frozen_base")
            for seed in range(per_method)
        ]
        columns = ("method", "seed", "best_epoch", "validation_accuracy", "test_accuracy")
        self.write_csv("reports/seeds.csv", columns, rows)


def write_project(root: Path, classes: Classes = CLASSES) -> Project:
    """A complete project; each method was trained once."""
    project = Project(root)
    _write_scores(project, classes)
    _write_robustness(project)
    _write_bases(project)
    _write_errors(project, classes)
    _write_near_duplicates(project, classes)
    _write_data_and_lock(project, classes)
    project.write_seeds(0)
    save_drawings(_drawings(), project.figures)
    return project


def _write_scores(project: Project, classes: Classes) -> None:
    project.write_json("reports/evaluation.json", evaluation(ACCURACIES, classes))
    rows = significance(ACCURACIES)
    project.write_csv("reports/significance.csv", list(rows[0]), rows)
    for place, method in enumerate(METHODS):
        project.write_json(
            f"reports/training/{method}.json",
            {
                "best_epoch": 3,
                "train_accuracy": 0.99,
                "train_loss": 0.1,
                "validation_accuracy": 0.9,
                "validation_loss": 0.2,
                "parameters": 16_812_353,
                "trainable_parameters": 2_097_665,
            },
        )
        project.write_json(
            f"reports/timings/{method}.json",
            {
                "model_md5": MD5S[f"data/models/{method}.keras"],
                "device": "CPU: Abacus, 2 cores",
                "precision": "float32",
                "seconds": 100.0 + 50 * place,
                "pictures_per_second": 200.0 - place,
            },
        )
    for folder, seconds in ((FEATURES, 20.0), (VIEWS, 30.0), (BASE, 50.0)):
        timing: dict[str, Any] = {"folder_md5": MD5S[folder], "device": "CPU: Abacus, 2 cores"}
        timing |= {"precision": "float32", "seconds": seconds}
        project.write_json(f"reports/timings/{Path(folder).name}.json", timing)
    project.write_json(
        "reports/cost.json",
        {
            method: {
                "parameters": 16_812_353,
                "trainable_parameters": 2_097_665,
                "multiply_adds": 6_900_000_000,
                "model_bytes": 67_000_000,
            }
            for method in METHODS
        },
    )


def _write_robustness(project: Project) -> None:
    def accuracy(method: Method, loss: float) -> dict[str, Any]:
        value = ACCURACIES[method] - loss
        return {
            "method": method,
            "accuracy": value,
            "accuracy_low": value - 0.03,
            "accuracy_high": value + 0.02,
            "pictures": 300,
        }

    settings = [("none", 0), *((name, s) for name in DIFFICULTIES for s in (1, 2, 3))]
    rows = [
        {"difficulty": name, "strength": strength, **accuracy(method, strength / 20)}
        for name, strength in settings
        for method in METHODS
    ]
    project.write_csv("reports/robustness.csv", list(rows[0]), rows)
    rows = [
        {"group": group, "mean_distance": 10.0 * group, **accuracy(method, group / 50)}
        for method in METHODS
        for group in range(1, 6)
    ]
    project.write_csv("reports/typicality.csv", list(rows[0]), rows)


def _write_bases(project: Project) -> None:
    rows = backbones()
    project.write_csv("reports/backbones.csv", list(rows[0]), rows)
    points = learning_curves()
    project.write_csv("reports/learning_curve.csv", list(points[0]), points)


def _write_errors(project: Project, classes: Classes) -> None:
    first, second = classes[:2]
    actual = {f"test/{first}/{HOSTILE}": first}
    actual |= {f"test/{second}/{second}.{number}.jpg": second for number in range(11)}
    files = list(actual)
    of_second = dict(zip(METHODS, (0.97, 0.2, 0.6, 0.4, 1.0), strict=True))
    answers = {
        method: {"class": second if p > 0.5 else first, "probability": max(p, 1 - p)}
        for method, p in of_second.items()
    }
    items = [
        {
            "file": file,
            "actual": actual[file],
            "answers": answers,
            "wrong": [m for m in METHODS if answers[m]["class"] != actual[file]],
            "method": "fine_tuning",
        }
        for file in files
    ]
    suspect = {"file": files[1], "actual": second, "suggested": first, "probability": 0.02}
    project.write_json(
        "reports/errors.json",
        {
            "most_wrong": items,
            "only_one_right": items[:2],
            "most_confident": [],
            "label_errors": [suspect],
            "label_errors_unsearched": {},
            "near_duplicate_cosine": 0.92,
        },
    )
    for number, file in enumerate(files):
        thumbnail = project.figures / "thumbnails" / file
        thumbnail.parent.mkdir(parents=True, exist_ok=True)
        thumbnail.write_bytes(jpeg(number))


def _write_near_duplicates(project: Project, classes: Classes) -> None:
    rows = [
        {
            "file": f"{split}/{classes[0]}/{number}.jpg",
            "split": split,
            "twin": f"train/{classes[0]}/{number + 1}.jpg",
            "twin_split": "train",
            "cosine": 0.999 - number / 1000,
        }
        for number, split in enumerate(("test", "validation"))
    ]
    project.write_csv("reports/near_duplicates.csv", list(rows[0]), rows)


def _write_data_and_lock(project: Project, classes: Classes) -> None:
    write_classes(project.layout.classes, classes)
    chosen = counts(classes)
    project.write_json(
        "data/raw/source.json",
        {
            "source": "sample",
            "file": "drawn.zip",
            "bytes": 123_456,
            "sha256": "5" * 64,
            "classes": list(classes),
            "pictures": {
                name: 1 + sum(numbers[name] for numbers in chosen.values()) for name in classes
            },
            "licence": "Drawn by this project, <MIT>",
        },
    )
    excluded = [{"file": f, "class": classes[0], "reason": "damaged"} for f in ("a.jpg", "b.jpg")]
    project.write_csv("data/excluded.csv", ("file", "class", "reason"), excluded)
    project.write_json(
        "reports/validation.json",
        {
            "success": True,
            "failed": 0,
            "pictures": sum(sum(numbers.values()) for numbers in chosen.values()),
            "counts": chosen,
            "near_duplicates": {"count": 1, "nearest_distance": 0, "pairs": []},
            "expectations": [
                {"name": "listed", "success": True},
                {"name": "side", "success": True},
            ],
        },
    )

    def out(path: str) -> dict[str, Any]:
        return {"path": path, "md5": MD5S[path], "size": 1}

    stages = {
        stage: {
            "cmd": "python pipeline/stage.py",
            "deps": [out(dep) for dep in deps],
            "outs": [out(path)],
        }
        for path, (stage, deps) in MADE.items()
    }
    project.write_json("dvc.lock", {"schema": "2.0", "stages": stages})
    (project.root / "requirements.lock").write_text("keras==3.15.1\n", encoding="utf-8")


def _drawings() -> list[Drawing]:
    sections: tuple[Section, ...] = (
        "accuracy",
        "classes",
        "training",
        "calibration",
        "robustness",
        "cost",
        "bases",
        "learning_curve",
        "features",
        "heatmaps",
        "activations",
        "filter_patterns",
    )
    drawings = []
    for section in sections:
        wide = section == "heatmaps"
        figure = Figure(figsize=(8 if wide else 3, 2))
        figure.subplots().plot([0, 1], [0, 1])
        drawings.append(
            Drawing(
                name=f"{section}_example",
                figure=figure,
                title=f"Example of {section}",
                alt=f"A line that rises, for {section}.",
                caption="It rises.",
                section=section,
                suffix="jpg" if wide else "svg",
            )
        )
    return drawings
