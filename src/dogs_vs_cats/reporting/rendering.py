"""HTML pages that need nothing but themselves, from the templates, in the language that is used.

Scripts, styles and pictures are inside. The page's own policy allows only those: what a hostile
file name might bring would not run, even if it were not escaped.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dogs_vs_cats.evaluation import words
from dogs_vs_cats.language import catalogue
from dogs_vs_cats.reporting.classes import short
from dogs_vs_cats.reporting.left_out import reason
from dogs_vs_cats.visualization.colours import COLOURS

FILTERS = (
    words.count,
    words.counted,
    words.listed,
    words.network,
    words.display_name,
    words.number_word,
    words.percent,
    words.points,
    words.seconds,
    words.sentence,
    words.unbroken,
    reason,
    short,
)
"""What templates may call, by the function's name."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dogs_vs_cats.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    environment.globals["language"] = catalogue.language
    environment.filters.update({function.__name__: function for function in FILTERS})
    return environment


def render(template: str, **values: Any) -> str:
    """A page from one of the templates, which get these values."""
    environment = _environment()
    # Not for a reader's eyes, and nothing in them comes from data but the project's own colours.
    style, script = (
        Markup(environment.get_template(name).render(colours=COLOURS))
        for name in ("page.css", "page.js")
    )
    return environment.get_template(template).render(
        style=style,
        script=script,
        # A hash admits exactly this text: no other style or script runs.
        policy=(
            "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
            f" style-src {_hash(style)}; script-src {_hash(script)}"
        ),
        **values,
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
