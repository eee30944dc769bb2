"""What the pipeline expects of its pictures: every expectation, in one place.

The columns are those of :func:`dogs_vs_cats.data.validation.picture_table.picture_table`; the
thresholds stand in the ``validate`` section of ``params.yaml``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dogs_vs_cats.project.quiet import uncollected
from dogs_vs_cats.settings import ValidationSettings
from dogs_vs_cats.settings.sections import Range

with uncollected():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.row_conditions import Column

SUITE = "pictures"
REWRITE = "Run `dvc repro --force split` to write the pictures anew from the archive."
LOOK = (
    "Look at the pictures: if they are sound, widen validate.{} in params.yaml; if not, take them"
    " out of the archive."
)


def picture_suite(
    classes: Sequence[str],
    sizes: Mapping[str, int],
    settings: ValidationSettings,
    compared: int,
) -> gx.ExpectationSuite:
    """Build the suite.

    Args:
        classes: the class names.
        sizes: expected pictures per class in each split.
        settings: the thresholds.
        compared: how many rows have a ``twin_distance``.
    """
    allowed = min(settings.near_duplicates_allowed, compared)
    return gx.ExpectationSuite(
        name=SUITE,
        expectations=[
            one_of("listed", [True], "The manifest names every file.", REWRITE, shows=["bytes"]),
            gxe.ExpectColumnValuesToBeNull(
                column="defect",
                description="Every file decodes fully.",
                meta=about("decodes", REWRITE, shows=["defect"]),
            ),
            one_of(
                "format",
                settings.formats,
                "The file format is {}, by content.",
                LOOK.format("formats"),
            ),
            one_of("mode", settings.modes, "The pixel format is {}.", LOOK.format("modes")),
            gxe.ExpectColumnValuesToBeBetween(
                column="shorter_side",
                min_value=settings.side.min,
                description=f"No side is shorter than {settings.side.min:g} pixels.",
                meta=about("shorter_side", LOOK.format("side.min")),
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="longer_side",
                max_value=settings.side.max,
                description=f"No side is longer than {settings.side.max:g} pixels.",
                meta=about("longer_side", LOOK.format("side.max")),
            ),
            between("aspect_ratio", "Width / height", settings.aspect_ratio),
            between("brightness", "Brightness (mean luminance, 0 to 255)", settings.brightness),
            between("contrast", "Contrast (deviation of luminance, 0 to 127.5)", settings.contrast),
            between("bytes", "The file's size in bytes", settings.bytes),
            one_of("class", classes, "The label is {}.", REWRITE),
            gxe.ExpectColumnPairValuesToBeEqual(
                column_A="folder",
                column_B="part",
                ignore_row_if="either_value_is_missing",
                description="Every picture lies in the folder of its split and label.",
                meta=about("folder", REWRITE, shows=["part"]),
            ),
            gxe.ExpectColumnPairValuesToBeEqual(
                column_A="sha256",
                column_B="manifest_sha256",
                ignore_row_if="either_value_is_missing",
                description="Every file's bytes are those that the manifest was written for.",
                meta=about("sha256", REWRITE, shows=["sha256", "manifest_sha256"]),
            ),
            gxe.ExpectColumnValuesToBeUnique(
                column="sha256",
                description="No two files, in whatever splits, have the same bytes.",
                meta=about("unique", REWRITE),
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="twin_distance",
                min_value=settings.near_duplicate_distance + 1,
                # The same division as Great Expectations', so exactly `allowed` still pass.
                mostly=(compared - allowed) / compared if compared else 1.0,
                description=(
                    f"At most {settings.near_duplicates_allowed} pictures of validation and test"
                    " have a near-duplicate in an earlier split (perceptual hashes that differ in"
                    f" {settings.near_duplicate_distance} bits or fewer)."
                ),
                meta=about(
                    "near_duplicates",
                    "Look at the pairs: if they are different pictures, lower"
                    " validate.near_duplicate_distance in params.yaml; if not, take one of each"
                    " out of the archive, or raise validate.near_duplicates_allowed.",
                    shows=["twin_distance", "twin"],
                ),
            ),
            *(
                gxe.ExpectTableRowCountToEqual(
                    value=size,
                    row_condition=Column("part") == f"{split}/{name}",
                    description=f"{size} pictures of class {name} stand in {split}.",
                    meta=about(f"count_{split}_{name}", REWRITE),
                )
                for split, size in sizes.items()
                for name in classes
            ),
        ],
    )


def one_of(
    column: str, values: Sequence[Any], what: str, advice: str, shows: Sequence[str] = ()
) -> gxe.ExpectColumnValuesToBeInSet:
    """Expect every value of a column to be one of these, which stand in for the {} in ``what``."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        description=what.format(" or ".join(map(str, values))),
        meta=about(column, advice, shows),
    )


def between(column: str, what: str, limits: Range) -> gxe.ExpectColumnValuesToBeBetween:
    """Expect every value of a column to lie in a closed interval set in ``params.yaml``."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column,
        min_value=limits.min,
        max_value=limits.max,
        description=f"{what} lies between {limits.min:,.10g} and {limits.max:,.10g}.",
        meta=about(column, LOOK.format(column)),
    )


def about(name: str, advice: str, shows: Sequence[str] = ()) -> dict[str, Any]:
    """An expectation's name, what to do when it fails, and columns to show beside a file.

    By default the column shown is the one that the expectation is about.
    """
    return {"name": name, "advice": advice, "shows": list(shows)}


def name_of(expectation: Any) -> str:
    """The name that :func:`about` gave to an expectation or to its configuration in a result."""
    return str(expectation.meta["name"])


def check(table: pd.DataFrame, suite: gx.ExpectationSuite) -> ExpectationSuiteValidationResult:
    """Run the suite on the table, quietly.

    Returns:
        Results in the order of the suite, with every unexpected row's ``file``.

    Raises:
        RuntimeError: an expectation could not be evaluated (a defect of the suite).
    """
    context = gx.get_context(mode="ephemeral")
    # As great_expectations.yml says it; the class that the setter declares is internal.
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    batch = (
        context.data_sources.add_pandas(SUITE)
        .add_dataframe_asset(SUITE)
        .add_batch_definition_whole_dataframe(SUITE)
        .get_batch({"dataframe": table})
    )
    result = batch.validate(
        suite,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["file"],
            "return_unexpected_index_query": False,
        },
    )
    for each in result.results:
        if not each.result:
            raise RuntimeError(
                f"{each.expectation_config} was not evaluated: {each.exception_info}"
            )
    order = [name_of(each) for each in suite.expectations]
    result.results.sort(key=lambda each: order.index(name_of(each.expectation_config)))
    return result
