"""The results for people: a short table in Markdown and a chart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.jobs import Result
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.visualization.charts.common import GREY, SMALL, name_rows
from dogs_vs_cats.visualization.drawing import save_figure, styled

OURS, PEER = "#0072b2", "#999999"
TARGETS = {"features": 1.9, "augmented input": 5.0, "whole comparison": 12.0}
"""What the design asks for, at least, on two cores without a GPU."""
BASE_TARGETS = {"efficientnet_lite0-150": 0.25, "efficientnet_lite0-224": 0.5}
"""At most so much of VGG16's time at 150 pixels."""
MIB = 2**20


def ratios(subjects: Mapping[str, Result]) -> dict[str, dict[str, float]]:
    """How many times as fast as the usual way, by what was measured: median, min and max."""
    found = {}
    for name, title in (("features", "features"), ("augmented_input", "augmented input")):
        if name in subjects:
            found[title] = subjects[name]["pictures_per_second"]["ratio"]
    for method in METHODS if "epochs" in subjects else ():
        ratio = subjects["epochs"][method]["seconds"]["ratio"]
        found[f"epoch: {display_name(method)}"] = ratio
    if "comparison" in subjects:
        found["whole comparison"] = dict.fromkeys(
            ("median", "min", "max"), subjects["comparison"]["ratio"]
        )
    return found


def table(content: Mapping[str, Any]) -> str:
    """All subjects in Markdown."""
    machine, subjects = content["machine"], content["subjects"]
    lines: list[str] = []

    def add(*part: str) -> None:
        lines.extend((*part, ""))

    add(
        f"Measured on {machine['device']}, {machine['precision']}; TensorFlow"
        f" {machine['versions']['tensorflow']}. Medians, with smallest and largest in brackets."
    )
    if found := ratios(subjects):
        targets = {name: f"{TARGETS[name]:g}" if name in TARGETS else "" for name in found}
        rows = [f"| {name} | {_spread(of)} | {targets[name]} |" for name, of in found.items()]
        add(*_header("against the usual way", "times as fast", "to reach"), *rows)
    if of := subjects.get("comparison"):
        add(
            f"The whole comparison: {of['ours']['total'] / 60:.0f} minutes"
            f" ({of['ours_trainings']}), the usual way {of['reference']['total'] / 3600:.1f} hours"
            f" ({of['reference_trainings']}). With as many epochs as ours it would take"
            f" {of['ratio_at_our_epochs']:.1f} times as long."
        )
    if of := subjects.get("augmented_input"):
        rows = [
            f"| {display_name(method)} | {each['waiting_share']['median']:.1%} |"
            f" {_spread(each['slowdown'])} |"
            for method, each in of["waiting"].items()
        ]
        add(*_header("training", "waits for input", "epoch over one without input work"), *rows)
    if of := subjects.get("steps"):
        rows = [
            f"| {display_name(method)} | {1000 * each['keras']['median']:.1f} |"
            f" {1000 * each['ours']['median']:.1f} | {_spread(each['ratio'])} |"
            for method, each in of.items()
        ]
        add(*_header("a training step", "Keras, ms", "ours, ms", "ratio"), *rows)
    if rows := _memory(subjects):
        columns = ("peak memory, MiB", "ours", "without mapped files", "usual way")
        add(*_header(*columns), *rows)
    if of := subjects.get("growth"):
        add(*(growth_in_words(name, each) for name, each in of.items()))
    if of := subjects.get("start_up"):
        share = of["share_of_demo"]
        of_demo = f", {share:.1%} of the demo's {of['demo_seconds']:.0f} s" if share else ""
        add(f"Start-up of all stages together: {of['total']:.1f} s{of_demo}.")
    if of := subjects.get("backbones"):
        rows = [
            f"| {kind} | {base} | {_spread(of[kind]['share'][base])} |"
            f" {_spread(of[kind]['cpu_share'][base])} | {BASE_TARGETS[base]:g} |"
            for kind in ("features", "views")
            for base in of[kind]["share"]
        ]
        share = "share of VGG16's time at 150"
        add(*_header("pass", "base", share, "of its CPU time", "to reach at most"), *rows)
    if of := subjects.get("machine"):
        rows = [
            f"VGG16's pass in {precision}: {each['achieved_flop_per_second']['median'] / 1e9:.0f}"
            f" GFLOP/s, {_spread(each['share'])} of a large matrix product's."
            for precision, each in of.items()
        ]
        add(*rows)
    if of := subjects.get("onednn"):
        add(
            "With oneDNN over without, in float32: VGG16's pass"
            f" {_spread(of['pictures_per_second']['ratio'])}, a training step of a convnet"
            f" {_spread(of['steps_per_second']['ratio'])}."
        )
    if of := subjects.get("peers"):
        rows = [
            f"| {name} | {_spread(each['pictures_per_second'])} |"
            f" {each['mean_difference'] / each['mean_feature']:.2%} | {each['accuracy']:.1%} |"
            for name, each in of["peers"].items()
        ]
        rows += [f"| {name} | not installed | | |" for name in of["not_installed"]]
        add(*_header("one pass", "pictures/s", "mean difference", "accuracy of the head"), *rows)
    return "\n".join(lines)


def _header(*columns: str) -> tuple[str, str]:
    return f"| {' | '.join(columns)} |", "| --- |" + " ---: |" * (len(columns) - 1)


def growth_in_words(name: str, of: Result) -> str:
    """What the fitted line says, and the memory at each number of pictures."""
    time, points = of["time"], of["points"]
    minutes = (time["at_zero"] + 25_000 * time["per_picture"]) / 60
    peaks = ", ".join(
        f"{point['peak_anonymous_bytes'] / MIB:.0f} at {point['pictures']:,}" for point in points
    )
    views = points[0].get("views")
    title = f"{name.capitalize()} ({views} of each picture)" if views else name.capitalize()
    return (
        f"{title}: {1000 * time['per_picture']:.1f} s more for 1,000 pictures more (a"
        f" line explains {time['r_squared']:.1%} of the time); 25,000 pictures by this line:"
        f" {minutes:.0f} min. MiB of memory without mapped files: {peaks} pictures.\n"
    )


def draw(content: Mapping[str, Any], path: Path) -> None:
    """The ratios, the peers and the growth as one SVG."""
    subjects = content["subjects"]
    panels = {
        **({_draw_ratios: 3.6} if ratios(subjects) else {}),
        **({_draw_peers: 2.8} if "peers" in subjects else {}),
        **({_draw_growth: 2.8} if "growth" in subjects else {}),
    }
    if not panels:
        return
    with styled():
        heights = list(panels.values())
        figure = Figure(figsize=(6.5, sum(heights)))
        rows = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, panel in zip(rows, panels, strict=True):
            panel(axes, subjects)
        save_figure(figure, path)


def _draw_ratios(axes: Axes, subjects: Mapping[str, Result]) -> None:
    found = ratios(subjects)
    _bars(axes, found, unit="×")
    for row, name in enumerate(found):
        if name in TARGETS:
            axes.plot([TARGETS[name]] * 2, [row - 0.42, row + 0.42], color="#d55e00", linewidth=2.4)
    axes.plot([], [], color="#d55e00", linewidth=2.4, label="to reach")
    axes.legend(loc="upper right")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}×")
    axes.set_xlim(0.5, 4 * max(each["max"] for each in found.values()))
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_title("Times as fast as the usual way")


def _draw_peers(axes: Axes, subjects: Mapping[str, Result]) -> None:
    peers = subjects["peers"]["peers"]
    rates = {name: of["pictures_per_second"] for name, of in peers.items()}
    _bars(axes, rates, ours="tensorflow")
    axes.set_xlim(0, 1.25 * max(each["max"] for each in rates.values()))
    axes.set_title("One pass of VGG16, pictures a second")


def _draw_growth(axes: Axes, subjects: Mapping[str, Result]) -> None:
    styles = {"features": (OURS, "o"), "views": ("#009e73", "s")}
    for name, of in subjects["growth"].items():
        colour, marker = styles[name]
        counts = [point["pictures"] for point in of["points"]]
        seconds = [point["seconds"] for point in of["points"]]
        axes.plot(counts, seconds, color=colour, marker=marker, linestyle="none")
        fit = [of["time"]["at_zero"] + of["time"]["per_picture"] * count for count in counts]
        peak = max(point["peak_anonymous_bytes"] for point in of["points"]) / MIB
        axes.plot(counts, fit, color=colour, label=f"{name}: at most {peak:.0f} MiB")
    axes.set_xlabel("pictures")
    axes.set_ylim(bottom=0)
    axes.legend()
    axes.set_title("Growth, seconds")


def _bars(
    axes: Axes, values: Mapping[str, Mapping[str, float]], ours: str = "", unit: str = ""
) -> None:
    """A bar a name with its spread; those whose names begin with ``ours`` in our colour."""
    for row, (name, each) in enumerate(values.items()):
        axes.barh(row, each["median"], 0.62, color=OURS if name.startswith(ours) else PEER)
        axes.plot([each["min"], each["max"]], [row, row], color="#222222", linewidth=1.2)
        axes.annotate(
            f" {each['median']:.3g}{unit}",
            xy=(each["max"], row),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    name_rows(axes, list(values))


def _memory(subjects: Mapping[str, Result]) -> list[str]:
    """A row for each process of which the peak is known, ours and the reference's."""
    sides = {}
    if "features" in subjects:
        sides["features"] = subjects["features"]["memory"]
    if "growth" in subjects:
        sides["views"] = {"ours": subjects["growth"]["views"]["points"][-1]}
    for method, of in subjects.get("epochs", {}).items():
        sides[display_name(method)] = of["memory"]
    rows = []
    for name, of in sides.items():
        reference = f"{of['reference']['peak_bytes'] / MIB:,.0f}" if "reference" in of else ""
        rows.append(
            f"| {name} | {of['ours']['peak_bytes'] / MIB:,.0f} |"
            f" {of['ours']['peak_anonymous_bytes'] / MIB:,.0f} | {reference} |"
        )
    return rows


def _spread(values: Mapping[str, float]) -> str:
    median, low, high = (f"{values[name]:.3g}" for name in ("median", "min", "max"))
    return median if low == high else f"{median} ({low} to {high})"
