from pathlib import Path

import pytest
from matplotlib.figure import Figure

from dogs_vs_cats.visualization.drawing import Drawing, read_listing, save_drawings


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
