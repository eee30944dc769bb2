import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import report_inputs
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import cbook
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.tracking.timings import TrainingTime
from dogs_vs_cats.visualization import charts
from dogs_vs_cats.visualization.charts.common import spread
from dogs_vs_cats.visualization.charts.cost import duration, pareto, pareto_front, time_ticks
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, save_figure

ACCURACIES = report_inputs.ACCURACIES  # The last three are 96.8, 96.7 and 96.6 %.
PETS = ("cat", "dog")
FLOWERS = ("daisy", "dandelion", "rose", "sunflower", "tulip")
LOSSES = dict(zip(report_inputs.DIFFICULTIES, (0.02, 0.03, 0.01, 0.2, 0.05, 0.04), strict=True))
SECONDS: dict[Method, float] = dict(zip(METHODS, (242.0, 1377.6, 21.2, 21.1, 98.0), strict=True))


def evaluation(accuracies: Mapping[Method, float] = ACCURACIES) -> dict[Method, dict[str, Any]]:
    scores = report_inputs.evaluation(accuracies)
    for place, each in enumerate(scores.values()):
        each["roc_auc"] = 0.811 + place / 50
    return scores


def significance(accuracies: Mapping[Method, float] = ACCURACIES) -> pd.DataFrame:
    return pd.DataFrame(report_inputs.significance(accuracies))


def seeds(count: int) -> pd.DataFrame:
    rows = [
        {"method": method, "seed": seed, "test_accuracy": ACCURACIES[method] + seed / 200}
        for method in METHODS[2:]
        for seed in range(count)
    ]
    return pd.DataFrame(rows, columns=["method", "seed", "test_accuracy"])


def roc_curves() -> dict[Method, pd.DataFrame]:
    rates = np.linspace(0, 1, 21)
    return {
        method: pd.DataFrame(
            {"false_positive_rate": rates, "true_positive_rate": rates ** (1 / (2 + place))}
        )
        for place, method in enumerate(METHODS)
    }


def calibration_tables() -> dict[Method, pd.DataFrame]:
    table = pd.DataFrame(
        {
            "mean_probability": [0.05, 0.55, 0.95],
            "observed_share": [0.1, 0.5, 0.9],
            "observed_share_low": [0.05, 0.3, 0.85],
            "observed_share_high": [0.15, 0.7, 0.95],
            "pictures": [400, 100, 500],
        }
    )
    return dict.fromkeys(METHODS, table)


def histories() -> dict[Method, pd.DataFrame]:
    """Each ends at the accuracy that the lecture reports for feature extraction."""
    epochs = np.arange(1, 9)
    table = pd.DataFrame(
        {
            "epoch": epochs,
            "accuracy": 0.5 + epochs / 16,
            "val_accuracy": 0.5 + epochs / 20,
            "loss": 0.7 - epochs / 12,
            "val_loss": 0.7 - epochs / 20,
        }
    )
    return dict.fromkeys(METHODS, table)


def training() -> dict[Method, dict[str, Any]]:
    return {
        method: {
            "best_epoch": 8,
            "train_accuracy": 0.9 + place / 50,
            "validation_accuracy": 0.9,
        }
        for place, method in enumerate(METHODS)
    }


def with_interval(accuracy: float) -> dict[str, Any]:
    return {
        "accuracy": accuracy,
        "accuracy_low": accuracy - 0.02,
        "accuracy_high": accuracy + 0.01,
        "pictures": 1000,
    }


def robustness() -> pd.DataFrame:
    settings = [("none", 0, 0.0)]
    settings += [(name, s, s / 2 * loss) for name, loss in LOSSES.items() for s in (1, 2, 3)]
    rows = [
        {
            "difficulty": name,
            "strength": strength,
            "method": method,
            **with_interval(ACCURACIES[method] - loss),
        }
        for name, strength, loss in settings
        for method in METHODS
    ]
    return pd.DataFrame(rows)


def typicality() -> pd.DataFrame:
    rows = [
        {"method": method, "group": group, **with_interval(ACCURACIES[method] - group / 100)}
        for method in METHODS
        for group in range(1, 6)
    ]
    return pd.DataFrame(rows)


def costs() -> dict[Method, dict[str, int]]:
    return {
        method: {
            "parameters": 16_812_353,
            "trainable_parameters": 2_097_665,
            "multiply_adds": 6_000_000_000 + place * 110_000_000,
            "model_bytes": 67_000_000,
        }
        for place, method in enumerate(METHODS)
    }


def confusions(names: tuple[str, ...]) -> dict[Method, dict[str, Any]]:
    """Of each class ten pictures: the weaker a method, the more are taken for the next class."""
    scores = evaluation()
    for place, each in enumerate(scores.values()):
        wrong = 5 - place if place else 4
        each["confusion"] = {
            actual: {actual: 10 - wrong, names[(label + 1) % len(names)]: wrong}
            for label, actual in enumerate(names)
        }
    return scores


def timings(
    seconds: Mapping[Method, float] = SECONDS, device: str = "Abacus"
) -> dict[Method, TrainingTime]:
    """Half of each is shared."""
    return {
        method: TrainingTime(time / 2, None, "float32", (device,), {"views": time / 2})
        for method, time in seconds.items()
    }


def backbones() -> pd.DataFrame:
    return pd.DataFrame(report_inputs.backbones())


def learning_curves() -> pd.DataFrame:
    return pd.DataFrame(report_inputs.learning_curves())


def drawn(drawing: Drawing | None) -> Drawing:
    assert drawing is not None
    return drawing


CHARTS: dict[str, Callable[[], Drawing]] = {
    "accuracy": lambda: charts.accuracy(evaluation(), PETS),
    "significance": lambda: charts.significance(significance()),
    "seeds": lambda: drawn(charts.seeds(seeds(3), evaluation())),
    "roc": lambda: charts.roc(roc_curves(), evaluation(), PETS),
    "confusion": lambda: drawn(charts.confusion(confusions(FLOWERS), FLOWERS)),
    "training_curves": lambda: charts.training_curves(histories(), training(), PETS),
    "calibration": lambda: charts.calibration(calibration_tables(), evaluation(), PETS),
    "robustness": lambda: charts.robustness(robustness(), 2),
    "robustness_table": lambda: charts.robustness_table(robustness()),
    "typicality": lambda: charts.typicality(typicality()),
    "cost": lambda: charts.cost(costs()),
    "bases": lambda: charts.bases(backbones()),
    "learning_curve": lambda: charts.learning_curve(learning_curves(), backbones()),
    "pareto": lambda: drawn(pareto(evaluation(), timings())),
}


@cache
def chart(name: str) -> Drawing:
    """To look at; drawn once for all tests."""
    return CHARTS[name]()


def text_box(text: Text) -> Bbox:
    """Where the text itself is, without the line of an annotation; the figure must be drawn."""
    return Text.get_window_extent(text)


def render(figure: Figure) -> None:
    FigureCanvasAgg(figure).draw()


def marker_box(point: Line2D) -> Bbox:
    """Where the marker of :func:`points` is, in pixels."""
    assert point.axes is not None
    assert point.figure is not None
    place = point.axes.transData.transform(point.get_xydata())
    return Bbox([*place, *place]).padded(point.get_markersize() / 2 * point.figure.dpi / 72)


def overlapping(texts: Iterable[Text]) -> list[tuple[str, str]]:
    shown = [text for text in texts if text.get_text()]
    return [
        (a.get_text(), b.get_text())
        for a, b in combinations(shown, 2)
        if text_box(a).overlaps(text_box(b))
    ]


def points(axes: Axes) -> list[Line2D]:
    """What is drawn as one marker."""
    return [line for line in axes.lines if len(line.get_xydata()) == 1]


def by_place(axes: Axes, x: float, y: float) -> Line2D:
    (line,) = (each for each in points(axes) if np.allclose(each.get_xydata(), [[x, y]]))
    return line


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_name_and_words_and_the_same_bytes_each_time(
    name: str, tmp_path: Path
) -> None:
    for file in ("a.svg", "b.svg"):
        drawing = CHARTS[name]()
        save_figure(drawing.figure, tmp_path / file)
    assert drawing.name == name
    assert all(words.strip() for words in (drawing.title, drawing.alt, drawing.caption))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_every_chart_of_the_stage_gets_its_tables(tmp_path: Path) -> None:
    """With one seed there is no spread; the front needs training times, which the stage lacks."""
    for name in ("roc", "history", "calibration", "training"):
        (tmp_path / name).mkdir()
    for method in METHODS:
        roc_curves()[method].to_csv(tmp_path / "roc" / f"{method}.csv")
        histories()[method].to_csv(tmp_path / "history" / f"{method}.csv")
        calibration_tables()[method].to_csv(tmp_path / "calibration" / f"{method}.csv")
        write_json(tmp_path / "training" / f"{method}.json", training()[method])
    write_json(tmp_path / "evaluation.json", evaluation())
    write_json(tmp_path / "cost.json", costs())
    significance().to_csv(tmp_path / "significance.csv")
    robustness().to_csv(tmp_path / "robustness.csv")
    typicality().to_csv(tmp_path / "typicality.csv")
    backbones().to_csv(tmp_path / "backbones.csv")
    learning_curves().to_csv(tmp_path / "learning_curve.csv")
    for count in (1, 3):
        seeds(count).to_csv(tmp_path / "seeds.csv")
        drawings = {drawing.name: drawing for drawing in charts.draw(tmp_path, PETS)}
        left_out = {"pareto", "confusion"} if count > 1 else {"pareto", "confusion", "seeds"}
        assert list(drawings) == [name for name in CHARTS if name not in left_out]
        for name, drawing in drawings.items():
            assert (drawing.alt, drawing.caption) == (chart(name).alt, chart(name).caption)


def test_other_numbers_are_another_picture(tmp_path: Path) -> None:
    for file, accuracy in (("a.svg", 0.9), ("b.svg", 0.91)):
        scores = evaluation({**ACCURACIES, "fine_tuning": accuracy})
        save_figure(charts.accuracy(scores, PETS).figure, tmp_path / file)
    assert (tmp_path / "a.svg").read_bytes() != (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("accuracy", ["small convnet 73.9%", "fine tuning 96.6%", "94.8% to 98.3%"]),
        ("significance", ["10 pairs", "support 7", "extraction minus small convnet, +22.9 points"]),
        ("seeds", ["3 training seeds", "feature extraction 96.8 to 97.8 %"]),
        ("roc", ["small convnet 0.811", "fine tuning 0.891"]),
        ("confusion", ["small convnet all alike", "fine tuning all alike"]),
        ("training_curves", ["small convnet +0.0", "fine tuning +8.0"]),
        ("calibration", ["small convnet 0.020", "fine tuning 0.060"]),
        ("robustness", ["Occlusion costs most: 20.0 percentage points"]),
        ("robustness_table", ["frozen base occlusion (20.0)"]),
        ("typicality", ["small convnet 72.9% to 68.9%", "fine tuning 95.6% to 91.6%"]),
        ("cost", ["small convnet 6.00", "fine tuning 6.44"]),
        ("bases", ["VGG16 at\u00a0150 96.4\u00a0% at 6.62 billion"]),
        (
            "learning_curve",
            ["Lite0 at\u00a0224 from 89.3 % with 2 to 99.1 % with 1,000"],
        ),
        ("pareto", ["small convnet 73.9 % in 4 min", "front: frozen base and feature extraction"]),
    ],
)
def test_the_alternative_text_tells_the_main_numbers(name: str, numbers: list[str]) -> None:
    alt = chart(name).alt
    assert [number for number in numbers if number not in alt] == []


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("accuracy", "test accuracy, %", ""),
        ("significance", "difference in test accuracy, percentage points", ""),
        ("seeds", "test accuracy, %", ""),
        ("roc", "false positive rate, %", "true positive rate, %"),
        ("training_curves", "epoch", "accuracy, %"),
        ("typicality", "fifth of the pictures of a class", "test accuracy, %"),
        ("pareto", "time to the first model (log scale)", "test accuracy, %"),
        (
            "bases",
            "multiply-adds a picture, billions (log scale)",
            "test accuracy of a linear probe, %",
        ),
        (
            "learning_curve",
            "training pictures of each class (log scale)",
            "test accuracy of a linear probe, %",
        ),
    ],
)
def test_axes_are_labelled(name: str, x: str, y: str) -> None:
    axes = chart(name).figure.axes
    assert x in [each.get_xlabel() for each in axes]
    assert y in [each.get_ylabel() for each in axes]


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("calibration", "predicted probability of dog, %", "pictures labelled dog, %"),
        ("robustness", "strength (0: as the picture is)", "accuracy, %"),
    ],
)
def test_panels_share_labels(name: str, x: str, y: str) -> None:
    figure = chart(name).figure
    assert (figure.get_supxlabel(), figure.get_supylabel()) == (x, y)


def test_accuracy_has_each_method_in_its_colour_at_its_value() -> None:
    (axes,) = charts.accuracy(evaluation(), PETS).figure.axes
    rows = {label.get_text(): row for row, label in enumerate(axes.get_yticklabels())}
    for method in METHODS:
        row = rows[method.replace("_", " ")]
        assert same_color(
            by_place(axes, 100 * ACCURACIES[method], row).get_color(), COLOURS[method]
        )


def test_close_accuracies_keep_their_labels_apart() -> None:
    figure = charts.accuracy(evaluation(), PETS).figure
    render(figure)
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["73.9", "85.8", "96.8", "96.7", "96.6"]
    for row, text in enumerate(axes.texts):
        _, middle = axes.transData.inverted().transform(text_box(text).get_points().mean(axis=0))
        assert row - 0.5 < middle < row  # above its own point, not below another
    assert overlapping([*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()]) == []


def test_supported_differences_are_filled_in_the_colour_of_the_better_one() -> None:
    pairs = significance({**ACCURACIES, "augmented_convnet": 0.6})
    (axes,) = charts.significance(pairs).figure.axes
    assert {True, False} == set(pairs["supported"])
    for row, pair in enumerate(pairs.to_dict("records")):
        point = by_place(axes, 100 * pair["accuracy_difference"], row)
        better = pair["method_b"] if pair["accuracy_difference"] > 0 else pair["method_a"]
        filling = COLOURS[better] if pair["supported"] else "white"
        assert same_color(point.get_markerfacecolor(), filling), pair
        assert same_color(point.get_color(), COLOURS[better]) == pair["supported"]


def test_where_nothing_is_supported_no_difference_is_called_the_largest() -> None:
    pairs = significance(dict.fromkeys(METHODS, 0.9))
    drawing = charts.significance(pairs)
    assert drawing.alt.endswith("The data support none of them.")
    (axes,) = drawing.figure.axes
    assert len(points(axes)) == len(pairs)
    assert all(same_color(point.get_markerfacecolor(), "white") for point in points(axes))


def test_texts_of_the_pairs_do_not_cover_one_another() -> None:
    figure = charts.significance(significance()).figure
    render(figure)
    assert len(figure.axes[0].texts) == 20
    assert overlapping(figure.axes[0].texts) == []


@pytest.mark.parametrize("count", [0, 1])
def test_one_seed_shows_no_spread(count: int) -> None:
    assert charts.seeds(seeds(count), evaluation()) is None


def test_every_seed_is_a_point_beside_its_standard_deviation() -> None:
    (axes,) = drawn(charts.seeds(seeds(3), evaluation())).figure.axes
    assert [len(line.get_xydata()) for line in axes.lines] == [3, 3, 3]
    np.testing.assert_allclose(axes.lines[1].get_xdata(), [96.7, 97.2, 97.7])
    assert [text.get_text() for text in axes.texts] == ["s.d. 0.50"] * 3


def test_roc_curves_differ_in_colour_and_marker() -> None:
    (axes,) = chart("roc").figure.axes
    assert [line.get_color() for line in axes.lines] == list(COLOURS.values())
    assert len({line.get_marker() for line in axes.lines}) == len(METHODS)


def test_curves_have_the_colour_of_the_method_and_mark_the_best_epoch() -> None:
    axes = chart("training_curves").figure.axes
    for row, method in enumerate(METHODS):
        accuracy, loss = axes[2 * row : 2 * row + 2]
        for panel, best in ((accuracy, 90), (loss, 0.3)):
            train, validation = panel.lines[:2]
            assert train.get_linestyle() == "--" != validation.get_linestyle()
            assert same_color(train.get_color(), COLOURS[method])
            assert same_color(validation.get_color(), COLOURS[method])
            assert same_color(by_place(panel, 8, best).get_color(), COLOURS[method])


def test_the_lectures_accuracy_is_named_where_no_curve_can_be() -> None:
    figure = chart("training_curves").figure
    render(figure)
    notes = {index: text for index, axes in enumerate(figure.axes) for text in axes.texts}
    assert {index: note.get_text() for index, note in notes.items()} == {
        0: "lecture 70 to 72 %",
        2: "lecture 82 %",
        4: "lecture 90 %",
    }
    for index, note in notes.items():
        assert not any(text_box(note).overlaps(axes.bbox) for axes in figure.axes)
        title = next(
            text
            for text in figure.axes[index].findobj(Text)
            if text.get_text() == METHODS[index // 2].replace("_", " ")
        )
        assert not text_box(note).overlaps(text_box(title))
        assert text_box(note).y0 < text_box(title).y1
        assert text_box(note).y1 > text_box(title).y0


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", ["accuracy", "training_curves"])
def test_of_other_classes_no_figure_names_the_lecture(name: str) -> None:
    others = {
        "accuracy": lambda: charts.accuracy(evaluation(), FLOWERS),
        "training_curves": lambda: charts.training_curves(histories(), training(), FLOWERS),
    }[name]()
    pets = chart(name)
    words, others_words = ([each.alt, each.caption, *texts(each.figure)] for each in (pets, others))
    assert any("lecture" in text for text in words)
    assert not any("lecture" in text for text in others_words)
    lines = [sum(len(axes.lines) for axes in each.figure.axes) for each in (pets, others)]
    assert lines[0] > lines[1]


def test_methods_that_share_the_highest_accuracy_are_all_named() -> None:
    scores = evaluation({**ACCURACIES, "feature_extraction": 0.967})
    alt = charts.accuracy(scores, PETS).alt
    assert "Highest are feature extraction and frozen base, 95 % interval 94.7%" in alt
    assert "Highest is feature extraction, " in chart("accuracy").alt


def test_differences_that_are_equally_large_are_all_named() -> None:
    accuracies = dict(zip(METHODS, (0.7, 0.9, 0.9, 0.8, 0.8), strict=True))
    alt = charts.significance(significance(accuracies)).alt
    assert (
        "the largest are augmented convnet minus small convnet, +20.0;"
        " feature extraction minus small convnet, +20.0 points." in alt
    )


def test_the_mean_of_many_curves_is_called_so() -> None:
    assert "dog being the positive class" in chart("roc").caption
    caption = charts.roc(roc_curves(), evaluation(), FLOWERS).caption
    assert "each class against the rest" in caption
    assert "positive class" not in caption


def test_of_many_classes_calibration_is_that_of_the_class_named() -> None:
    drawing = charts.calibration(calibration_tables(), evaluation(), FLOWERS)
    assert drawing.figure.get_supxlabel() == "predicted probability of the class named, %"
    assert drawing.figure.get_supylabel() == "pictures named rightly, %"
    assert "summed over the classes" in drawing.caption


def test_a_class_is_called_by_its_name_not_by_a_formula() -> None:
    names = ("brick", "$x$ " + "n" * 200)
    figure = charts.calibration(calibration_tables(), evaluation(), names).figure
    for label in (figure.get_supxlabel(), figure.get_supylabel()):
        assert not cbook.is_math_text(label)
        assert len(label) < 60


def test_two_classes_need_no_chart_of_confusion() -> None:
    assert charts.confusion(evaluation(), PETS) is None


def test_a_matrix_shows_percent_of_each_row_and_nothing_where_nothing_is() -> None:
    names = ("ant", "bee", "$cow$")
    scores = confusions(names)
    scores["small_convnet"]["confusion"] = {
        "ant": {"ant": 3, "bee": 1},
        "bee": {"bee": 999, "$cow$": 1},
        "$cow$": {"ant": 2},
    }
    drawing = drawn(charts.confusion(scores, names))
    panel = drawing.figure.axes[0]
    cells = {text.get_position(): text.get_text() for text in panel.texts}
    assert cells == {
        (0, 0): "75",
        (1, 0): "25",
        (1, 1): "100",
        (2, 1): "<1",
        (0, 2): "100",
    }
    assert "small convnet $cow$ (0.0 %)" in drawing.alt
    assert not any(cbook.is_math_text(text) for text in texts(drawing.figure))


def test_cells_of_the_largest_matrix_keep_their_numbers_apart() -> None:
    names = tuple(f"kind {number}" for number in range(12))
    scores = confusions(names)
    for each in scores.values():
        each["confusion"] = {a: dict.fromkeys(names, 10) | {a: 10_000} for a in names}
        each["confusion"]["kind 0"] = {"kind 0": 5}
    figure = drawn(charts.confusion(scores, names)).figure
    render(figure)
    assert [overlapping(axes.texts) for axes in figure.axes] == [[]] * len(figure.axes)
    assert "100" in [text.get_text() for text in figure.axes[0].texts]


def many(mistakes: Mapping[tuple[int, int], int]) -> Drawing | None:
    """Of forty classes of ten pictures each, the best method's being these."""
    names = tuple(f"kind {number} of $birds$" for number in range(40))
    scores = confusions(names)
    counts = {name: {name: 10} for name in names}
    for (actual, predicted), number in mistakes.items():
        counts[names[actual]][names[predicted]] = number
        counts[names[actual]][names[actual]] -= number
    scores["feature_extraction"]["confusion"] = counts
    return charts.confusion(scores, names)


def test_of_many_classes_the_pairs_most_confused_by_the_best_method_are_shown() -> None:
    drawing = drawn(many({(0, 1): 2, (3, 4): 5, **{(n, 0): 1 for n in range(10, 30)}}))
    (axes,) = drawing.figure.axes
    rows = [label.get_text().replace("\\$", "$") for label in axes.get_yticklabels()]
    assert rows[:2] == [
        "kind 3 of $birds$ → kind 4 of $birds$",
        "kind 0 of $birds$ → kind 1 of $birds$",
    ]
    assert [bar.get_width() for bar in axes.patches] == [5, 2, *[1] * 13]
    assert [text.get_text() for text in axes.texts][:2] == ["5 (50 %)", "2 (20 %)"]
    assert "With 5 pictures: kind 3 of $birds$ for kind 4 of $birds$." in drawing.alt
    assert "feature extraction" in drawing.title
    assert "27 test pictures in 22 pairs. Not shown: 7 others confused as often" in drawing.caption
    assert not any(cbook.is_math_text(text) for text in texts(drawing.figure))


def test_pairs_confused_equally_often_are_named_or_counted() -> None:
    assert "With 1 picture: kind 1 of $birds$ for kind 2" in drawn(many({(1, 2): 1, (5, 6): 1})).alt
    assert "With 1 picture: 4 pairs." in drawn(many({(n, 0): 1 for n in range(1, 5)})).alt


def test_the_method_whose_pairs_are_shown_is_called_the_best_unless_another_is_as_good() -> None:
    names = tuple(f"kind {number}" for number in range(13))
    scores = confusions(names)
    caption = drawn(charts.confusion(scores, names)).caption
    assert "what feature extraction, the most accurate method, names" in caption
    scores["fine_tuning"]["accuracy"] = scores["feature_extraction"]["accuracy"]
    caption = drawn(charts.confusion(scores, names)).caption
    assert "what feature extraction, as accurate as fine tuning, names" in caption


def test_where_the_best_method_confuses_nothing_there_is_no_chart() -> None:
    assert many({}) is None


def test_the_area_of_a_bin_is_its_share_of_the_pictures() -> None:
    panel = chart("calibration").figure.axes[0]
    (discs,) = (each for each in panel.collections if len(each.get_offsets()) == 3)
    np.testing.assert_allclose(discs.get_offsets(), [[5, 10], [55, 50], [95, 90]])
    np.testing.assert_allclose(discs.get_sizes() / discs.get_sizes()[1], [4, 1, 5])


def test_each_difficulty_starts_from_the_unaltered_pictures() -> None:
    panels = chart("robustness").figure.axes
    assert [panel.get_title("left") for panel in panels] == [
        name.replace("_", " ") for name in LOSSES
    ]
    for panel in panels:
        for method, line in zip(METHODS, panel.lines, strict=True):
            assert same_color(line.get_color(), COLOURS[method])
            np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2, 3])
            assert line.get_ydata()[0] == pytest.approx(100 * ACCURACIES[method])


def test_the_table_has_the_hardest_on_top_and_frames_the_worst_of_each_method() -> None:
    table = robustness()
    frozen = (table["method"] == "frozen_base") & (table["difficulty"] == "scale")
    table.loc[frozen, "accuracy"] -= 0.3
    drawing = charts.robustness_table(table)
    (axes,) = drawing.figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows[:2] == ["occlusion", "scale"]
    assert rows[-1] == "deformation"
    framed = sorted((round(p.get_x() + 0.46), round(p.get_y() + 0.42)) for p in axes.patches)
    assert framed == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 0)]
    assert "frozen base scale (33.0)" in drawing.alt


def test_nothing_is_framed_where_nothing_is_lost() -> None:
    table = robustness()
    table.loc[table["difficulty"] != "none", "accuracy"] = 0.99
    assert charts.robustness_table(table).figure.axes[0].patches[:] == []


def level(losses: Mapping[str, float]) -> pd.DataFrame:
    """Every method loses as much to each difficulty, at each strength."""
    table = robustness()
    for name, loss in losses.items():
        rows = table["difficulty"] == name
        table.loc[rows, "accuracy"] = table.loc[rows, "method"].map(ACCURACIES) - loss
    return table


def test_difficulties_that_cost_as_much_are_all_named() -> None:
    table = level({**dict.fromkeys(LOSSES, 0.01), "scale": 0.1, "occlusion": 0.1})
    assert "Scale and occlusion cost most, each 10.0 percentage" in charts.robustness(table, 2).alt
    drawing = charts.robustness_table(table)
    assert "fine tuning scale and occlusion (10.0)" in drawing.alt
    assert len(drawing.figure.axes[0].patches) == 2 * len(METHODS)


def test_where_nothing_is_lost_nothing_costs_most() -> None:
    for loss in (0.0, -0.01):
        table = level(dict.fromkeys(LOSSES, loss))
        assert "None of them costs accuracy in the mean" in charts.robustness(table, 2).alt
        assert "fine tuning nothing" in charts.robustness_table(table).alt


@pytest.mark.parametrize(
    ("classes", "guessing"), [(2, "50 %"), (3, "33.3 %"), (40, "2.5 %"), (1000, "0.1 %")]
)
def test_guessing_is_worse_the_more_classes_there_are(classes: int, guessing: str) -> None:
    assert f"Guessing gives {guessing}." in charts.robustness(robustness(), classes).caption


def test_lines_that_end_together_keep_their_names_apart() -> None:
    figure = chart("typicality").figure
    render(figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [m.replace("_", " ") for m in METHODS]
    assert overlapping(axes.texts) == []


def test_a_single_group_of_pictures_is_drawn() -> None:
    table = typicality()
    alt = charts.typicality(table[table["group"] == 1]).alt
    assert "small convnet 72.9% to 72.9%" in alt


def test_bars_are_as_long_as_their_numbers() -> None:
    parameters, arithmetic, size = chart("cost").figure.axes
    assert [bar.get_width() for bar in size.patches] == [67] * 5
    assert {text.get_text() for text in parameters.texts} == {"2.1 of 16.8"}
    assert [text.get_text() for text in arithmetic.texts][:2] == ["6.00", "6.11"]
    assert [bar.get_width() for bar in arithmetic.patches][1] == pytest.approx(6.11)


def test_without_any_time_there_is_no_front() -> None:
    assert pareto(evaluation(), {}) is None


def test_methods_without_a_time_are_named_and_not_drawn() -> None:
    some = {m: seconds for m, seconds in SECONDS.items() if "convnet" not in m}
    drawing = drawn(pareto(evaluation(), timings(some)))
    words = "Not drawn, because their whole time is not known here: small convnet and augmented"
    assert words in drawing.caption
    assert len(points(drawing.figure.axes[0])) == 3
    whole = drawn(pareto(evaluation(), timings()))
    assert "Not drawn" not in whole.caption


def test_a_method_is_drawn_at_its_whole_time_or_not_at_all() -> None:
    times = timings()
    times["fine_tuning"] = replace(times["fine_tuning"], shared={"views": None})
    drawing = drawn(pareto(evaluation(), times))
    assert "not known here: fine tuning" in drawing.caption
    assert len(points(drawing.figure.axes[0])) == 4


def test_times_of_different_devices_are_said_not_to_compare() -> None:
    mixed = timings()
    assert "Computed on Abacus." in drawn(pareto(evaluation(), mixed)).caption
    mixed |= timings({"fine_tuning": SECONDS["fine_tuning"]}, device="Loom")
    caption = drawn(pareto(evaluation(), mixed)).caption
    assert "times do not compare: Abacus and Loom" in caption


def test_points_on_the_front_are_filled() -> None:
    (axes,) = chart("pareto").figure.axes
    for method in METHODS:
        point = by_place(axes, SECONDS[method], 100 * ACCURACIES[method])
        assert same_color(point.get_color(), COLOURS[method])
        filled = method in ("frozen_base", "feature_extraction")
        assert same_color(point.get_markerfacecolor(), COLOURS[method] if filled else "white")


A, B, C, D, _ = METHODS


@pytest.mark.parametrize(
    ("seconds", "accuracies", "front"),
    [
        ({A: 1}, {A: 50}, [A]),
        ({A: 1, B: 2, C: 3}, {A: 50, B: 60, C: 70}, [A, B, C]),
        ({A: 3, B: 2, C: 1}, {A: 50, B: 60, C: 70}, [C]),
        ({A: 3, B: 2, C: 1, D: 4}, {A: 70, B: 40, C: 50, D: 69}, [C, A]),
        ({A: 1, B: 1}, {A: 50, B: 60}, [B]),  # as quick, less accurate
        ({A: 2, B: 1}, {A: 50, B: 50}, [B]),  # as accurate, slower
        ({B: 1, A: 1}, {B: 50, A: 50}, [A]),  # equal in both
    ],
)
def test_the_front_is_what_no_other_beats(
    seconds: dict[Method, float], accuracies: dict[Method, float], front: list[Method]
) -> None:
    assert pareto_front(seconds, accuracies) == front


TIMES = {
    "as on a processor": tuple(SECONDS.values()),
    "alike": (70, 110, 65, 80, 95),
    "equal": (50, 50, 50, 50, 50),
    "from seconds to hours": (700, 40_000, 5, 3, 300),
    "just under a minute": (15, 55, 14, 20, 30),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_names_and_times_of_the_front_keep_apart(times: tuple[float, ...]) -> None:
    seconds = dict(zip(METHODS, times, strict=True))
    figure = drawn(pareto(evaluation(), timings(seconds))).figure
    render(figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [m.replace("_", " ") for m in METHODS]
    assert overlapping(axes.texts) == []
    assert overlapping(axes.get_xticklabels()) == []
    for text in axes.texts:
        assert axes.bbox.y0 < text_box(text).y0
        assert text_box(text).y1 < axes.bbox.y1
        assert not any(text_box(text).overlaps(marker_box(point)) for point in points(axes))


def test_two_names_in_a_line_do_not_read_as_one() -> None:
    seconds = dict(zip(METHODS, (432, 2046, 20, 25, 204), strict=True))
    scores = evaluation({**ACCURACIES, "fine_tuning": 0.969})
    figure = drawn(pareto(scores, timings(seconds))).figure
    render(figure)
    for one, other in combinations(figure.axes[0].texts, 2):
        assert not text_box(one).padded(6, 0).overlaps(text_box(other))


@pytest.mark.parametrize(
    ("start", "stop", "labels"),
    [
        (13, 2200, "30 s, 1 min, 3 min, 10 min, 30 min"),
        (0.9, 4000, "1 s, 10 s, 1 min, 10 min, 1 h"),
        (40, 180, "1 min, 2 min, 3 min"),
        (2000, 400_000, "1 h, 10 h, 100 h"),
    ],
)
def test_times_on_the_axis_are_round(start: float, stop: float, labels: str) -> None:
    assert ", ".join(duration(tick) for tick in time_ticks(start, stop)) == labels


@given(st.floats(0.1, 100_000), st.floats(1, 10_000))
def test_every_time_axis_has_a_few_round_times(shortest: float, ratio: float) -> None:
    ticks = time_ticks(shortest / 1.6, 1.6 * ratio * shortest)
    assert 1 <= len(ticks) <= 8
    assert all(re.fullmatch(r"(0\.\d|\d+) (s|min|h)", duration(tick)) for tick in ticks)


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([1.0, 5.0, 9.0], [1.0, 5.0, 9.0]),  # far enough apart
        ([5.0, 5.0], [4.0, 6.0]),
        ([6.0, 5.0], [6.5, 4.5]),  # not in order
        ([0.0, 0.0], [0.0, 2.0]),  # at the lower end
        ([9.9, 10.0], [8.0, 10.0]),  # at the upper end
    ],
)
def test_labels_move_no_further_than_they_must(wanted: list[float], places: list[float]) -> None:
    assert spread(wanted, gap=2, low=0, high=10) == pytest.approx(places)


@given(st.lists(st.floats(-20, 120), min_size=1, max_size=8))
def test_labels_keep_their_order_their_gaps_and_their_limits(wanted: list[float]) -> None:
    places = spread(wanted, gap=10, low=0, high=100)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(np.array(places)[order]) >= 10 - 1e-9).all()
    assert min(places) >= -1e-9
    assert max(places) <= 100 + 1e-9


def test_labels_that_do_not_fit_keep_their_gaps() -> None:
    assert spread([5.0] * 5, gap=4, low=0, high=10) == [0, 4, 8, 12, 16]


def test_the_base_of_the_methods_is_filled_and_each_is_named() -> None:
    figure = charts.bases(backbones()).figure
    (axes,) = figure.axes
    render(figure)
    vgg16, lite = (by_place(axes, 6.615491328, 96.4), by_place(axes, 0.383907552, 99.1))
    assert same_color(vgg16.get_markerfacecolor(), vgg16.get_color())
    assert same_color(lite.get_markerfacecolor(), "white")
    assert [text.get_text() for text in axes.texts] == [
        "VGG16 at\u00a0150",
        "EfficientNet-Lite0 at\u00a0224",
    ]
    assert overlapping(axes.texts) == []
    low, high = axes.get_ylim()
    assert low < 95.1 < 99.5 < high


def test_bands_reach_from_the_worst_draw_to_the_best() -> None:
    (axes,) = charts.learning_curve(learning_curves(), backbones()).figure.axes
    bands = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert [(band.min(), band.max()) for band in bands] == [
        pytest.approx((84.0, 96.4)),
        pytest.approx((88.3, 99.1)),
    ]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [85, 92.3, 96.4])
    np.testing.assert_allclose(axes.lines[1].get_xdata(), [2, 10, 1000])


def test_a_base_looks_the_same_in_both_charts() -> None:
    of_both = []
    for name in ("bases", "learning_curve"):
        (axes,) = chart(name).figure.axes
        lines = [line for line in axes.lines if line.get_marker() != "None"]
        of_both.append([(line.get_color(), line.get_marker()) for line in lines])
    assert of_both[0] == of_both[1]


def test_counts_that_are_close_keep_their_labels_apart() -> None:
    curves = learning_curves().replace({"pictures_per_class": {1000: 11}})
    figure = charts.learning_curve(curves, backbones()).figure
    render(figure)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "11"]
