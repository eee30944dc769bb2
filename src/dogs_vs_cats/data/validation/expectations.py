"""What the pipeline expects of its pictures: every expectation, in one place.

The columns are those of :func:`dogs_vs_cats.data.validation.picture_table.picture_table`; the
thresholds stand in the ``validate`` section of ``params.yaml``.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dogs_vs_cats.project.quiet import uncollected
from dogs_vs_cats.settings import SPLITS, SourceName, ValidationSettings
from dogs_vs_cats.settings.sections import Range

with uncollected():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationSuiteValidationResult

Counts = Mapping[str, Mapping[str, int]]
"""Split to class to number of pictures, 0 where there are none; in the order of the labels."""

SUITE = "pictures"
SHOWN = 10
"""Names in a message: of files for each failed expectation, and of parts without a picture."""
REWRITE = "Run `dvc repro --force split` to write the pictures anew from the archive."


def picture_suite(
    counts: Counts,
    compared: int,
    copies: int,
    source: SourceName,
    settings: ValidationSettings,
) -> gx.ExpectationSuite:
    """Build the suite; it is as long for many classes as for two.

    Args:
        counts: of the pictures of each class in each split.
        compared: how many rows have a ``twin_distance``.
        copies: how many have a ``copy_of``. ``split`` leaves copies out, so the expectation that
            there are none is among the others only where it fails.
        source: where the pictures come from, and so how one gets rid of some.
        settings: the thresholds.
    """
    classes = len(counts[SPLITS[0]])
    missing = [f"{split}/{name}" for split in counts for name, n in counts[split].items() if not n]
    remove = (
        "change data.folder and run `dvc repro --force download`, then `dvc repro`"
        if source == "folder"
        else "take them out of the archive"
    )
    look = (
        "Look at the pictures: if they are sound, widen validate.{} in params.yaml; if not,"
        f" {remove}."
    )
    share = settings.near_duplicates_allowed
    # Of 0.29 × 100, floating-point arithmetic makes a little less than 29.
    allowed = math.floor(round(share * compared, 6))

    def between(column: str, what: str, limits: Range) -> gxe.ExpectColumnValuesToBeBetween:
        return gxe.ExpectColumnValuesToBeBetween(
            column=column,
            min_value=limits.min,
            max_value=limits.max,
            description=f"{what} lies between {limits.min:,.10g} and {limits.max:,.10g}.",
            meta=about(column, look.format(column)),
        )

    return gx.ExpectationSuite(
        name=SUITE,
        expectations=[
            gxe.ExpectColumnValuesToBeInSet(
                column="listed",
                value_set=[True],
                description="The manifest names every file.",
                meta=about("listed", REWRITE, shows=["bytes"]),
            ),
            gxe.ExpectColumnValuesToBeNull(
                column="defect",
                description="Every file is there and decodes fully.",
                meta=about("decodes", REWRITE, shows=["defect"]),
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="shorter_side",
                min_value=settings.side.min,
                description=f"No side is shorter than {settings.side.min:,.10g} pixels.",
                meta=about("shorter_side", look.format("side.min")),
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="longer_side",
                max_value=settings.side.max,
                description=f"No side is longer than {settings.side.max:,.10g} pixels.",
                meta=about("longer_side", look.format("side.max")),
            ),
            between("aspect_ratio", "Width / height", settings.aspect_ratio),
            between("brightness", "Brightness (mean luminance, 0 to 255)", settings.brightness),
            between("contrast", "Contrast (deviation of luminance, 0 to 127.5)", settings.contrast),
            between("bytes", "The file's size in bytes", settings.bytes),
            gxe.ExpectColumnValuesToBeInSet(
                column="known",
                value_set=[True],
                description=f"The label is one of the {classes:,} classes.",
                meta=about("class", REWRITE, shows=["class"]),
            ),
            gxe.ExpectColumnUniqueValueCountToBeBetween(
                column="part",
                min_value=len(SPLITS) * classes,
                max_value=len(SPLITS) * classes,
                description=(
                    f"Each of the {len(SPLITS)} splits holds pictures of each of the"
                    f" {classes:,} classes."
                ),
                meta=about("classes", f"There are none in {first_of(missing)}. {REWRITE}"),
            ),
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
            *[
                gxe.ExpectColumnValuesToBeNull(
                    column="copy_of",
                    description="No picture has the pixels of one in an earlier split.",
                    meta=about("copies", REWRITE),
                )
            ]
            * bool(copies),
            gxe.ExpectColumnValuesToBeBetween(
                column="twin_distance",
                min_value=settings.near_duplicate_distance + 1,
                # The same division as Great Expectations', so exactly `allowed` still pass.
                mostly=(compared - allowed) / compared if compared else 1.0,
                description=(
                    f"At most {100 * share:.10g}% of the pictures of validation and test"
                    f" ({allowed:,} of {compared:,}) have a near-duplicate in an earlier split"
                    " (perceptual hashes that differ in"
                    f" {settings.near_duplicate_distance} bits or fewer)."
                ),
                meta=about(
                    "near_duplicates",
                    "Look at the pairs: if they are different pictures, lower"
                    " validate.near_duplicate_distance in params.yaml; if they are shots of one"
                    " scene, keep them in one split (split.by: group) or raise"
                    f" validate.near_duplicates_allowed; if they are copies, {remove}.",
                    shows=["twin_distance", "twin"],
                ),
            ),
        ],
    )


def about(name: str, advice: str, shows: Sequence[str] = ()) -> dict[str, Any]:
    """An expectation's name, what to do when it fails, and columns to show beside a file.

    By default the column shown is the one that the expectation is about.
    """
    return {"name": name, "advice": advice, "shows": list(shows)}


def first_of(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


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
