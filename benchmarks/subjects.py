"""What is measured, a function a subject. Each gives numbers that ``json`` can write."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scipy.stats import linregress

from benchmarks.data import link_pictures
from benchmarks.jobs import Result
from benchmarks.measuring import (
    ROOT,
    Job,
    alone,
    column,
    compared,
    interleaved,
    peak_memory,
    ratio,
    spread,
    spreads,
)
from dogs_vs_cats.cli.demo import SETTINGS, prepare, reproduce
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import load_yaml
from dogs_vs_cats.settings import SPLITS, Params

REFERENCE_EPOCHS = {
    "small_convnet": 30,
    "augmented_convnet": 100,
    "feature_extraction": 30,
    "frozen_base": 30,
    "fine_tuning": 100,
}
"""The lecture's."""
STEPS = {"augmented_convnet": 5, "frozen_base": 40, "fine_tuning": 5}
"""A method of each kind of network that is trained, with the steps of a round."""


@dataclass(frozen=True)
class Plan:
    """What to measure on and how much of it."""

    layout: Layout
    params: Params
    scratch: Path
    """A folder on the data's disk."""
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
    peer_pythons: Mapping[str, str] = field(default_factory=dict)

    def job(self, target: str, **arguments: Any) -> Job:
        """A job that is told where the data lies."""
        return Job(target, {"root": str(self.layout.root), **arguments})

    def split(self, name: str, count: int) -> str:
        """A folder with links to so many training pictures."""
        folder = self.scratch / name
        if not folder.exists():
            train = self.layout.splits / "train"
            link_pictures(train, count, folder)
        return str(folder)

    def bank(self, name: str) -> str:
        """A file to write feature maps to."""
        return str(self.scratch / f"{name}.npy")


def features(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Pictures a second from JPEG files to features on disk."""
    split = plan.split("features", plan.pictures)
    sides = {
        side: plan.job(f"{side}:features", split=split, path=plan.bank(side))
        for side in ("ours", "reference")
    }
    if "bfloat16" in plan.precisions:
        # What is left when the reference computes as precisely as we do.
        sides["reference_bfloat16"] = plan.job(
            "reference:features", split=split, path=plan.bank("half"), policy="mixed_bfloat16"
        )
    results = interleaved(sides, plan.rounds)
    return {
        "pictures": plan.pictures,
        "rounds": plan.rounds,
        "pictures_per_second": compared(results, "pictures_per_second", "ours", "reference"),
        "memory": peak_memory(results),
    }


def augmented_input(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Augmented pictures a second, and the share of training that waits for input."""
    split = plan.split("features", plan.pictures)
    sides = {
        "ours": Job("ours:augmented_input", {"split": split, "batch_size": 20}),
        "reference": Job("reference:augmented_input", {"split": split}),
    }
    results = interleaved(sides, plan.rounds)
    waiting = {}
    for method in ("augmented_convnet", "feature_extraction", "fine_tuning"):
        job = plan.job("ours:waiting", method=method)
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


def epochs(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Seconds of an epoch of each method, validation included."""
    section: Result = {}
    for method in METHODS:
        results = interleaved(
            {side: plan.job(f"{side}:epoch", method=method) for side in ("ours", "reference")},
            min(2, plan.rounds),
            # Minutes an epoch: once is enough.
            once=("reference",) if method in ("frozen_base", "fine_tuning") else (),
        )
        section[method] = {
            "seconds": compared(results, "seconds", "reference", "ours"),
            "rounds": {side: len(each) for side, each in results.items()},
            "ours_setup_seconds": spread(column(results["ours"], "setup_seconds")),
            "memory": peak_memory(results),
        }
    return section


def steps(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Seconds of a training step, ours and as Keras makes it of the saved model."""
    section: Result = {}
    for method, number in STEPS.items():
        sides = {
            side: Job("steps:step", {"method": method, "steps": number, "ours": side == "ours"})
            for side in ("ours", "keras")
        }
        results = interleaved(sides, 4 * plan.rounds)
        section[method] = compared(results, "seconds", "ours", "keras")
    return section


def comparison(plan: Plan, done: Mapping[str, Result]) -> Result:
    """All five methods: features, views, trainings, and the test pictures.

    The reference's trainings are whole epochs times their number. Ours are the times of whole
    trainings where ``plan.timings`` names them, and otherwise also epochs times their number.
    """
    of_epochs, of_features = done["epochs"], done["features"]["pictures_per_second"]
    pictures = {split: _pictures(plan.layout.splits / split) for split in SPLITS}
    total = sum(pictures.values())
    views = alone(
        plan.job(
            "ours:views",
            split=str(plan.layout.splits / "train"),
            path=plan.bank("views"),
            views=plan.params.augmentation.views,
        )
    )
    # Validation and test pictures pass blocks 1 to 4 as they are, at the rate of features.
    plain = (total - pictures["train"]) / of_features["ours"]["median"]
    ours: dict[str, float] = {
        "features": total / of_features["ours"]["median"],
        "views": views["seconds"] + plain,
    }
    reference: dict[str, float] = {"features": total / of_features["reference"]["median"]}
    our_epochs = {method: plan.params.method(method).epochs for method in METHODS}
    for method in METHODS:
        each = of_epochs[method]
        ours[method] = each["ours_setup_seconds"]["median"] + (
            _whole_training(plan.timings, method)
            if plan.timings
            else our_epochs[method] * each["seconds"]["ours"]["median"]
        )
        reference[method] = REFERENCE_EPOCHS[method] * each["seconds"]["reference"]["median"]
    ours["evaluation"] = alone(plan.job("ours:evaluation"))["seconds"]
    convnet, vgg16 = (
        alone(plan.job("reference:evaluation", method=method))["seconds"]
        for method in ("small_convnet", "frozen_base")
    )
    reference["evaluation"] = 2 * convnet + 3 * vgg16
    at_our_epochs = sum(
        seconds * our_epochs[name] / REFERENCE_EPOCHS[name] if name in our_epochs else seconds
        for name, seconds in reference.items()
    )
    our_total, reference_total = sum(ours.values()), sum(reference.values())
    return {
        "ours": {"seconds": ours, "total": our_total},
        "ours_epochs": our_epochs,
        "ours_trainings": "whole trainings" if plan.timings else "epochs times their number",
        "reference": {"seconds": reference, "total": reference_total},
        "reference_trainings": "epochs times their number",
        "reference_epochs": REFERENCE_EPOCHS,
        "ratio": reference_total / our_total,
        "ratio_at_our_epochs": at_our_epochs / our_total,
    }


def _pictures(split: Path) -> int:
    return sum(1 for _ in split.glob("*/*"))


def _whole_training(timings: Path, method: str) -> float:
    path = timings / f"{method}.json"
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError):
        raise PipelineError(f"{path} does not say how long the training took.") from None


def start_up(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Seconds of each stage until its work begins, and their share of the demo's."""
    sides = {}
    for name, stage in load_yaml((ROOT / "dvc.yaml").read_bytes())["stages"].items():
        command = stage["cmd"].removesuffix(" ${item.base}")
        _python, script, *methods = command.split()
        sides[name] = Job("stages:start_up", {"script": script, "methods": methods})
    seconds = spreads(interleaved(sides, min(2, plan.rounds)), "seconds")
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


def growth(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Time and memory of features and views at 1×, 2×, 4× and 8× pictures."""
    section: Result = {}
    for name, arguments in (("features", {}), ("views", {"views": 2})):
        points = []
        for times in (1, 2, 4, 8):
            count = times * plan.growth
            split = plan.split(f"growth-{count}", count)
            path = Path(plan.bank(f"growth-{name}"))
            result = alone(plan.job(f"ours:{name}", split=split, path=str(path), **arguments))
            points.append({**arguments, "pictures": count, "bytes": path.stat().st_size, **result})
            path.unlink()
        section[name] = {
            "points": points,
            "time": line(column(points, "pictures"), column(points, "seconds")),
        }
    return section


def line(x: list[float], y: list[float]) -> dict[str, float]:
    """The least-squares line: ``at_zero``, ``per_picture``, and ``r_squared``."""
    fit = linregress(x, y)
    return {
        "at_zero": float(fit.intercept),
        "per_picture": float(fit.slope),
        "r_squared": float(fit.rvalue**2),
    }


BASES = ("vgg16-150", "efficientnet_lite0-150", "efficientnet_lite0-224")
"""The first is what the others are held against."""
BASE_VIEWS = 8
"""Of each of a quarter of the pictures."""


def backbones(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Seconds of features and of views through bases, as shares of VGG16's."""
    section: Result = {"rounds": plan.rounds}
    few = max(4, plan.pictures // 4 // 2 * 2)
    for name, views, count in (("features", 0, plan.pictures), ("views", BASE_VIEWS, few)):
        split = plan.split(f"backbones-{name}", count)
        sides = {
            base: Job(
                "ours:base",
                {"name": base, "split": split, "path": plan.bank(base), "views": views},
            )
            for base in BASES
        }
        results = interleaved(sides, plan.rounds)
        section[name] = {
            "pictures": count,
            "pictures_per_second": spreads(results, "pictures_per_second"),
            "start_seconds": {
                base: column(each, "start_seconds")[0] for base, each in results.items()
            },
            "share": _shares(results, "seconds"),
            "cpu_share": _shares(results, "cpu_seconds"),
        }
    return section


def _shares(results: Mapping[str, list[Result]], name: str) -> Result:
    first = column(results[BASES[0]], name)
    return {base: ratio(column(results[base], name), first) for base in BASES[1:]}


def machine(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Achieved FLOP/s of VGG16's pass over those of a large matrix product."""
    sides = {each: plan.job("machine:arithmetic", precision=each) for each in plan.precisions}
    results = interleaved(sides, plan.rounds)
    names = ("achieved_flop_per_second", "product_flop_per_second", "share", "pictures_per_second")
    return {
        precision: {name: spread(column(each, name)) for name in names}
        for precision, each in results.items()
    }


def onednn(plan: Plan, done: Mapping[str, Result]) -> Result:
    """VGG16's pass and a training step in float32 with TensorFlow's oneDNN, and without.

    :mod:`dogs_vs_cats.compute.backend` sets it on, TensorFlow itself only on some processors.
    """
    few = {"precision": "float32", "batch_size": 16}
    numbers = {
        "pictures_per_second": plan.job("machine:arithmetic", **few),
        "steps_per_second": Job("machine:training_step", {**few, "steps": 20}),
    }
    switch = {"on": {"TF_ENABLE_ONEDNN_OPTS": "1"}, "off": {"TF_ENABLE_ONEDNN_OPTS": "0"}}
    found = {}
    for number, job in numbers.items():
        sides = {side: replace(job, environment=each) for side, each in switch.items()}
        found[number] = compared(interleaved(sides, plan.rounds), number, "on", "off")
    return found


PEERS = {
    "tensorflow": ("float32", "bfloat16"),
    "onnxruntime": ("float32",),
    "openvino": ("float32", "bfloat16"),
    "torch": ("float32", "bfloat16"),
}
"""With the precisions that each can compute in."""


def peers(plan: Plan, done: Mapping[str, Result]) -> Result:
    """Pictures a second of one pass, by TensorFlow and its peers, and how equal the results are."""
    folder = plan.scratch / "peers"
    folder.mkdir(exist_ok=True)
    count = min(plan.pictures, 192)
    alone(plan.job("peers:prepare", count=count, folder=str(folder)))
    jobs = {}
    for peer, precision in ((peer, each) for peer, known in PEERS.items() for each in known):
        if precision in plan.precisions:
            out = str(folder / f"{peer}-{precision}.npy")
            arguments = {"folder": str(folder), "precision": precision, "out": out}
            if peer == "tensorflow":
                arguments["root"] = str(plan.layout.root)
            python = plan.peer_pythons.get(peer, sys.executable)
            jobs[f"{peer} {precision}"] = Job(f"peers:{peer}", arguments, python)
    results = interleaved(jobs, plan.rounds, optional=True)
    outputs = {name: jobs[name].arguments["out"] for name in results}
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
        "not_installed": [name for name in jobs if name not in results],
    }


SUBJECTS: dict[str, Callable[[Plan, Mapping[str, Result]], Result]] = {
    "features": features,
    "augmented_input": augmented_input,
    "epochs": epochs,
    "steps": steps,
    "comparison": comparison,
    "start_up": start_up,
    "growth": growth,
    "backbones": backbones,
    "machine": machine,
    "onednn": onednn,
    "peers": peers,
}
"""In the order in which they are measured; ``comparison`` builds on features and epochs."""
