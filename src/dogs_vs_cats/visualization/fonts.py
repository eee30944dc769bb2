"""Fonts of the figures: Matplotlib's own, and such as have the letters that it lacks."""

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

from matplotlib.font_manager import fontManager

from dogs_vs_cats.language.catalogue import language
from dogs_vs_cats.project.errors import PipelineError

CARRIER = "koreanize-matplotlib"
"""The package that carries NanumGothic (Sandoll for Naver, SIL Open Font License). Its own code,
which would change Matplotlib's settings for good, is not run."""
_CARRIED = "NanumGothic"
_FILES = ("NanumGothic.ttf", "NanumGothicExtraBold.ttf")
"""Bold, to Matplotlib, is the weight 700 of the last; that of NanumGothicBold is 600."""
_OWN = "DejaVu Sans"
_KOREAN = ("Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic")
"""With Korean letters, of Linux, macOS and Windows."""
_OTHERS = (
    *("Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans CJK SC"),  # Linux
    *("Apple SD Gothic Neo", "Hiragino Sans", "PingFang SC", "Arial Unicode MS"),  # macOS
    *("Malgun Gothic", "Yu Gothic", "Microsoft YaHei"),  # Windows
)
"""For class names in other letters, where they are installed."""


def families() -> list[str]:
    """Names of fonts for ``font.family``: each gives the letters that those before it lack.

    Matplotlib's own comes first in each language, as formulas such as 10⁻³ are in the first alone.

    Raises:
        PipelineError: Korean is used, and no font for it is installed.
    """
    carried, others = _installed()
    if language() != "ko":
        return [_OWN, *others, *carried]
    if not carried and not set(others) & set(_KOREAN):
        raise PipelineError(
            "No font with Korean letters is installed, which figures need. Run `make setup`, or"
            f" `pip install --no-deps {CARRIER}`."
        )
    return [_OWN, *carried, *others]


@cache
def _installed() -> tuple[list[str], list[str]]:
    """What the carrier brings, if it is installed, and which of the others are."""
    try:
        folder = distribution(CARRIER).locate_file("koreanize_matplotlib/fonts")
    except PackageNotFoundError:
        carried = []
    else:
        for file in _FILES:
            fontManager.addfont(str(folder / file))
        carried = [_CARRIED]
    known = {font.name for font in fontManager.ttflist}
    return carried, [name for name in _OTHERS if name in known]
