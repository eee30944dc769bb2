"""What is measured, a function a subject. Each gives numbers that ``json`` can write."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import Data, link_pictures
from benchmarks.measuring import (
    ROOT,
    Job,
    NotInstalledError,
    alone,
    column,
    interleaved,
    peak_memory,
    ratio,
    spread,
    started,
    take_turns,
)
from dogs_vs_cats.cli.demo import SETTINGS, prepare, reproduce
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import load_yaml

Section = dict[str, Any]

REFERENCE_EPOCHS = {
    "small_convnet": 30,
    "augmented_convnet": 100,
    "feature_extraction": 30,
    "frozen_base": 30,
    "fine_tuning": 100,
}
"""The lecture's."""


@dataclass(frozen=True)
class Plan:
    """What to measure on and how much of it."""

    data: Data
    classes: tuple[str, str]
    scratch: Path
    """An empty folder on the data's disk."""
    rounds: int
    precisions: tuple[str, ...] = ("bfloat16", "float32")
    """Without those that the machine would emulate: their speed says nothing."""
    pictures: int = 800
    """Of features, input and peers."""
    growth: int = 200
    """Pictures at 1×."""
    timings: Path | None = None
    """The folder of whole trainings' times; ``None``: epochs times their number."""
    demo_seconds: float | None = None
    run_demo: bool = False
    peer_pythons: Mapping[str, str] | None = None

    def job(self, target: str, **arguments: Any) -> Job:
        return Job(target, {"data": self.data.arguments(), **arguments})

    def split(self, name: str, count: int) -> str:
        """A folder with links to so many training pictures."""
        folder = self.scratch / name
        if not folder.exists():
            link_pictures(self.data.splits / "train", self.classes, count, folder)
        return str(folder)


def compared(results: Mapping[str, list[Section]], name: str, ours: str, reference: str) -> Section:
    """The spread of each side's number, and of ours over the reference's."""
    return {
        **{side: spread(column(of_side, name)) for side, of_side in results.items()},
        "ratio": ratio(column(results[ours], name), column(results[reference], name)),
    }


def features(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Pictures a second from JPEG files to features on disk."""
    split = plan.split("features", plan.pictures)
    sides = {
        "ours": plan.job("ours:features", split=split, path=_file(plan, "ours")),
        "reference": plan.job("reference:features", split=split, path=_file(plan, "reference")),
    }
    if "bfloat16" in plan.precisions:
        # What is left when the reference computes as precisely as we do.
        sides["reference_bfloat16"] = plan.job(
            "reference:features", split=split, path=_file(plan, "half"), policy="mixed_bfloat16"
        )
    results = interleaved(sides, plan.rounds)
    return {
        "pictures": plan.pictures,
        "rounds": plan.rounds,
        "pictures_per_second": compared(results, "pictures_per_second", "ours", "reference"),
        "memory": {side: peak_memory(of_side) for side, of_side in results.items()},
    }


def augmented_input(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Augmented pictures a second, and the share of training that waits for input."""
    split = plan.split("features", plan.pictures)
    sides = {
        "ours": Job("ours:augmented_input", {"split": split, "batch_size": 20}),
        "reference": Job("reference:augmented_input", {"split": split}),
    }
    results = interleaved(sides, plan.rounds)
    waiting = {}
    for method in ("augmented_convnet", "feature_extraction", "fine_tuning"):
        job = plan.job("ours:waiting", method=method, scratch=str(plan.scratch))
        of_method = interleaved({method: job}, max(1, plan.rounds // 2))[method]
        waiting[method] = {
            name: spread(column(of_method, name)) for name in ("waiting_share", "slowdown")
        }
    return {
        "pictures": plan.pictures,
        "rounds": plan.rounds,
        "pictures_per_second": compared(results, "pictures_per_second", "ours", "reference"),
        "ours_decoding_once_seconds": results["ours"][0]["decoding_seconds"],
        "waiting": waiting,
    }


def epochs(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Seconds of an epoch of each method, validation included."""
    section: Section = {}
    rounds = max(1, min(2, plan.rounds))
    for method in METHODS:
        ours = plan.job("ours:epoch", method=method, scratch=str(plan.scratch))
        reference = plan.job("reference:epoch", method=method)
        results: dict[str, list[Section]] = {"ours": [], "reference": []}
        with started(ours) as our_side, started(reference) as other_side:
            for number in range(rounds):
                results["ours"].append(our_side.measure())
                # Minutes an epoch: once is enough.
                if number == 0 or method not in ("frozen_base", "fine_tuning"):
                    results["reference"].append(other_side.measure())
        section[method] = {
            "seconds": {
                **{side: spread(column(each, "seconds")) for side, each in results.items()},
                "ratio": ratio(
                    column(results["reference"], "seconds"), column(results["ours"], "seconds")
                ),
            },
            "rounds": {side: len(each) for side, each in results.items()},
            "ours_setup_seconds": spread(column(results["ours"], "setup_seconds")),
            "memory": {side: peak_memory(each) for side, each in results.items()},
        }
    return section


def comparison(plan: Plan, done: Mapping[str, Section]) -> Section:
    """All five methods: features, views, trainings, and the test pictures.

    The reference's trainings are whole epochs times their number. Ours are the times of whole
    trainings where ``plan.timings`` names them, and otherwise also epochs times their number.
    """
    settings = _yaml("params.yaml")
    of_epochs, of_features = done["epochs"], done["features"]["pictures_per_second"]
    splits = {split: _count(plan.data.splits / split) for split in ("train", "validation", "test")}
    views = alone(
        plan.job(
            "ours:views",
            split=str(plan.data.splits / "train"),
            path=_file(plan, "views"),
            views=settings["augmentation"]["views"],
        )
    )
    # Validation and test pictures pass blocks 1 to 4 as they are, at the rate of features.
    plain = (splits["validation"] + splits["test"]) / of_features["ours"]["median"]
    ours: dict[str, float] = {
        "features": sum(splits.values()) / of_features["ours"]["median"],
        "views": views["seconds"] + plain,
    }
    reference: dict[str, float] = {
        "features": sum(splits.values()) / of_features["reference"]["median"]
    }
    for method in METHODS:
        each = of_epochs[method]
        ours[method] = each["ours_setup_seconds"]["median"] + (
            _whole_training(plan.timings, method)
            if plan.timings
            else settings[method]["epochs"] * each["seconds"]["ours"]["median"]
        )
        reference[method] = REFERENCE_EPOCHS[method] * each["seconds"]["reference"]["median"]
    ours["evaluation"] = alone(plan.job("ours:evaluation"))["seconds"]
    convnet, vgg16 = (
        alone(plan.job("reference:evaluation", method=method))["seconds"]
        for method in ("small_convnet", "frozen_base")
    )
    reference["evaluation"] = 2 * convnet + 3 * vgg16
    our_epochs: dict[str, int] = {method: settings[method]["epochs"] for method in METHODS}
    total = sum(ours.values())
    return {
        "ours": {"seconds": ours, "total": total},
        "ours_epochs": our_epochs,
        "ours_trainings": "whole trainings" if plan.timings else "epochs times their number",
        "reference": {"seconds": reference, "total": sum(reference.values())},
        "reference_trainings": "epochs times their number",
        "reference_epochs": REFERENCE_EPOCHS,
        "ratio": sum(reference.values()) / total,
        "ratio_at_our_epochs": _at_epochs(reference, our_epochs) / total,
    }


def _at_epochs(reference: Mapping[str, float], epochs: Mapping[str, int]) -> float:
    """The reference's total seconds, had it trained for other numbers of epochs."""
    return sum(
        seconds * epochs[name] / REFERENCE_EPOCHS[name] if name in epochs else seconds
        for name, seconds in reference.items()
    )


def start_up(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Seconds of each stage until its work begins, and their share of the demo's."""
    stages = _yaml("dvc.yaml")["stages"]
    sides = {
        name: Job("stages:start_up", {"script": stage["cmd"].split()[1]})
        for name, stage in stages.items()
        if isinstance(stage.get("cmd"), str)
    }
    results = interleaved(sides, min(2, plan.rounds))
    seconds = {name: spread(column(each, "seconds")) for name, each in results.items()}
    total = sum(each["median"] for each in seconds.values())
    demo = plan.demo_seconds
    if plan.run_demo:
        begun = time.perf_counter()
        prepare(plan.scratch / "demo", SETTINGS)
        reproduce(plan.scratch / "demo")
        demo = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "total": total,
        "demo_seconds": demo,
        "share_of_demo": total / demo if demo else None,
    }


def growth(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Time and memory of features and views at 1×, 2×, 4× and 8× pictures."""
    section: Section = {}
    for name, arguments in (("features", {}), ("views", {"views": 2})):
        points = []
        for times in (1, 2, 4, 8):
            count = times * plan.growth
            split = plan.split(f"growth-{count}", count)
            path = Path(_file(plan, f"growth-{name}"))
            result = alone(plan.job(f"ours:{name}", split=split, path=str(path), **arguments))
            points.append({**arguments, "pictures": count, "bytes": path.stat().st_size, **result})
            path.unlink()
        counts = column(points, "pictures")
        section[name] = {
            "points": points,
            "time": line(counts, column(points, "seconds")),
        }
    return section


def line(x: list[float], y: list[float]) -> dict[str, float]:
    """The least-squares line: ``at_zero``, ``per_picture``, and ``r_squared``."""
    slope, offset = np.polyfit(x, y, 1)
    residuals = np.asarray(y) - (slope * np.asarray(x) + offset)
    total = float(np.sum((np.asarray(y) - np.mean(y)) ** 2))
    unexplained = float(np.sum(residuals**2)) / total if total else 0.0
    return {
        "at_zero": float(offset),
        "per_picture": float(slope),
        "r_squared": 1 - unexplained,
    }


def machine(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Achieved FLOP/s of VGG16's pass over those of a large matrix product."""
    sides = {each: plan.job("machine:arithmetic", precision=each) for each in plan.precisions}
    results = interleaved(sides, plan.rounds)
    names = ("achieved_flop_per_second", "product_flop_per_second", "share", "pictures_per_second")
    return {
        precision: {name: spread(column(each, name)) for name in names}
        for precision, each in results.items()
    }


def onednn(plan: Plan, done: Mapping[str, Section]) -> Section:
    """VGG16's pass and a training step in float32 with TensorFlow's oneDNN, and without.

    :mod:`dogs_vs_cats.compute.backend` sets it on, TensorFlow itself only on some processors.
    """
    few = {"precision": "float32", "batch_size": 16}
    found = {}
    for number, job in (
        ("pictures_per_second", plan.job("machine:arithmetic", **few)),
        ("steps_per_second", Job("machine:training_step", {**few, "steps": 20})),
    ):
        sides = {
            side: replace(job, environment={"TF_ENABLE_ONEDNN_OPTS": value})
            for side, value in (("on", "1"), ("off", "0"))
        }
        found[number] = compared(interleaved(sides, plan.rounds), number, "on", "off")
    return found


PEERS = {
    "tensorflow float32": ("tensorflow", "float32"),
    "tensorflow bfloat16": ("tensorflow", "bfloat16"),
    "onnxruntime float32": ("onnxruntime", "float32"),
    "openvino float32": ("openvino", "float32"),
    "openvino bfloat16": ("openvino", "bfloat16"),
    "torch float32": ("torch", "float32"),
    "torch bfloat16": ("torch", "bfloat16"),
}


def peers(plan: Plan, done: Mapping[str, Section]) -> Section:
    """Pictures a second of one pass, by TensorFlow and its peers, and how equal the results are."""
    folder = plan.scratch / "peers"
    folder.mkdir(exist_ok=True)
    count = min(plan.pictures, 192)
    alone(plan.job("peers:prepare", count=count, folder=str(folder)))
    outputs, running, missing = {}, {}, []
    with ExitStack() as stack:
        for name, (peer, precision) in PEERS.items():
            if precision not in plan.precisions:
                continue
            out = str(folder / f"{peer}-{precision}.npy")
            arguments: dict[str, Any] = {"folder": str(folder), "precision": precision, "out": out}
            if peer == "tensorflow":
                arguments["data"] = plan.data.arguments()
            python = (plan.peer_pythons or {}).get(peer, sys.executable)
            try:
                running[name] = stack.enter_context(
                    started(Job(f"peers:{peer}", arguments, python))
                )
            except NotInstalledError:
                missing.append(name)
                continue
            outputs[name] = out
        results = take_turns(running, plan.rounds)
    quality = alone(
        plan.job("peers:judge", folder=str(folder), outputs=outputs, baseline="tensorflow float32")
    )
    return {
        "pictures": count,
        "rounds": plan.rounds,
        "peers": {
            name: {
                "pictures_per_second": spread(column(each, "pictures_per_second")),
                "version": each[0]["version"],
                **quality[name],
            }
            for name, each in results.items()
        },
        "not_installed": missing,
    }


SUBJECTS: dict[str, Callable[[Plan, Mapping[str, Section]], Section]] = {
    "features": features,
    "augmented_input": augmented_input,
    "epochs": epochs,
    "comparison": comparison,
    "start_up": start_up,
    "growth": growth,
    "machine": machine,
    "onednn": onednn,
    "peers": peers,
}
"""In the order in which they are measured; ``comparison`` builds on features and epochs."""


def _yaml(name: str) -> Any:
    return load_yaml((ROOT / name).read_bytes())


def _file(plan: Plan, name: str) -> str:
    return str(plan.scratch / f"{name}.npy")


def _count(split: Path) -> int:
    return sum(1 for _ in split.glob("*/*"))


def _whole_training(timings: Path, method: str) -> float:
    path = timings / f"{method}.json"
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError):
        raise PipelineError(f"{path} does not say how long the training took.") from None
