"""Great Expectations' Data Docs as one page that opens anywhere and is the same each time.

The sections are rendered by Great Expectations. The page around them is ours: its own loads scripts
and styles from six hosts and holds the time and random ids.
"""

import html
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult

# Not public, and nothing public renders one result: `build_data_docs` alone does, which writes a
# site of several pages with random names into a store.
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

TEMPLATES = Path(__file__).parent / "templates"


def validation_page(
    result: ExpectationSuiteValidationResult, summary: Mapping[str, Any], title: str
) -> str:
    """Render a validation result as HTML.

    Args:
        result: as :func:`dogs_vs_cats.data.validation.expectations.check` returns it.
        summary: what ``reports/validation.json`` holds.
        title: name of the page.
    """
    result = deepcopy(result)  # rendering writes into it
    for each in result.results:
        # Great Expectations puts observed values, file names among them, into the page as HTML.
        each.result = _escaped(each.result)
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(result)
    # The first section is an overview, of which the page has its own; the last says when it ran.
    document.sections = document.sections[1:-1]
    view = DefaultJinjaPageView(custom_views_directory=str(TEMPLATES))
    page = view.render(  # type: ignore[no-untyped-call]
        document, "validation.html", summary=summary, title=title
    )
    return str(page)


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return html.escape(value)
        case dict():
            return {key: _escaped(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(map(_escaped, value))
    return value
