from pathlib import Path

import pytest
from matplotlib.figure import Figure

from dogs_vs_cats.visualization.drawing import (
    Drawing,
    label,
    read_listing,
    save_drawings,
    save_figure,
    styled_figure,
)


def drawing(name: str) -> Drawing:
    return Drawing(
        name=name,
        figure=Figure(figsize=(2, 1)),
        title="A title",
        alt="""Nothing
            at all.""",
        caption="Two  blanks stay.",
        section="cost",
    )


def test_a_drawing_is_listed_with_its_words_on_one_line_each(tmp_path: Path) -> None:
    save_drawings([drawing("a"), drawing("b")], tmp_path)
    first, second = read_listing(tmp_path)
    assert (first.file, second.file) == ("a.svg", "b.svg")
    assert (first.alt, first.caption) == ("Nothing at all.", "Two  blanks stay.")
    assert (first.width, first.height, first.method) == (192, 96, None)


def test_two_drawings_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two drawings are called a"):
        save_drawings([drawing("a"), drawing("a")], tmp_path)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Möwe", "Möwe"),
        ("$x$", r"\$x\$"),
        ("Black-throated Blue Warbler", "Black-throated…Warbler"),
        ("a" * 8 + "$" * 40 + "b" * 8, "a" * 8 + r"\$" * 7 + "…" + "b" * 8),
        ("a\x1b[2J", r"a\x1b[2J"),
    ],
)
def test_a_name_is_shown_letter_by_letter_and_short(name: str, shown: str) -> None:
    assert label(name) == shown


def test_a_name_in_letters_without_a_font_is_drawn_without_a_word(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    with styled_figure(3, 1) as figure:
        figure.suptitle("고양이 猫 🐈")
    save_figure(figure, tmp_path / "a.svg")
    assert [str(each.message) for each in recwarn if "Glyph" in str(each.message)] == []
