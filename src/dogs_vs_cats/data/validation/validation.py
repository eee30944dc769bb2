"""Whether the chosen pictures are what the methods may be trained and judged on."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.validation.data_docs import validation_page
from dogs_vs_cats.data.validation.expectations import (
    SHOWN,
    Counts,
    check,
    name_of,
    picture_suite,
)
from dogs_vs_cats.data.validation.picture_table import picture_table
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, Engine, SourceName, ValidationSettings

SHA256_DIGITS = 64
MEASURES = ("width", "height", "aspect_ratio", "brightness", "contrast", "bytes")
TITLE = "Validation of the pictures"


@dataclass(frozen=True)
class Validation:
    """The verdict on the pictures, for machines, for readers and for the terminal."""

    summary: dict[str, Any]
    """What ``validation.json`` holds; the same for the same pictures and settings."""
    page: str
    """Data Docs: an HTML page that needs no other file and no network."""
    failures: tuple[str, ...]
    """For each failed expectation: what was expected, the files, what to do."""

    def require_success(self) -> None:
        """Stop the pipeline if an expectation failed.

        Raises:
            PipelineError: with :attr:`failures`.
        """
        if self.failures:
            count = len(self.summary["expectations"])
            raise PipelineError(
                f"{len(self.failures)} of {count} expectations about the pictures failed.\n"
                + "\n".join(self.failures)
            )


def validate_pictures(
    manifest: Path,
    splits: Path,
    classes: Classes,
    source: SourceName,
    settings: ValidationSettings,
    engine: Engine = "local",
) -> Validation:
    """Decode every picture and hold it against the expectations.

    Args:
        manifest: ``manifest.csv`` of the split stage.
        splits: the folder that holds the pictures.
        classes: the names of the classes.
        source: where the pictures come from, for the advice.
        settings: the thresholds.
        engine: what decodes the pictures: this machine, or a Ray cluster.

    Raises:
        PipelineError: the manifest is missing or is not one, or the cluster fails.
    """
    table = picture_table(manifest, splits, classes, engine)
    counts = _counts(table, classes)
    compared = int(table["twin_distance"].count())
    copies = int(table["copy_of"].count())
    result = check(table, picture_suite(counts, compared, copies, source, settings))
    summary = _summary(table, result, counts, settings)
    return Validation(
        summary=summary,
        page=validation_page(result, summary, TITLE),
        failures=tuple(_failure(each, table) for each in result.results if not each.success),
    )


def _counts(table: pd.DataFrame, classes: Classes) -> Counts:
    parts = table["part"].value_counts()
    return {
        split: {name: int(parts.get(f"{split}/{name}", 0)) for name in classes} for split in SPLITS
    }


def _summary(
    table: pd.DataFrame,
    result: ExpectationSuiteValidationResult,
    counts: Counts,
    settings: ValidationSettings,
) -> dict[str, Any]:
    near_by = table.dropna(subset="twin_distance").astype({"twin_distance": int})
    near_by = near_by.rename(columns={"twin_distance": "distance"})
    near = near_by[near_by["distance"] <= settings.near_duplicate_distance]
    return {
        "success": bool(result.success),
        "failed": sum(not each.success for each in result.results),
        "pictures": int(table["listed"].sum()),
        "counts": counts,
        "formats": _tally(table["format"]),
        "modes": _tally(table["mode"]),
        "observed": {measure: _range(table[measure]) for measure in MEASURES},
        "near_duplicates": {
            "count": len(near),
            "nearest_distance": None if near_by.empty else int(near_by["distance"].min()),
            "pairs": near[["file", "twin", "distance"]].to_dict("records"),
        },
        # DVC passes over lists: `dvc metrics show` stays short, readers of the file see all.
        "expectations": [_outcome(each) for each in result.results],
    }


def _tally(values: "pd.Series[str]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}


def _range(values: "pd.Series[float]") -> dict[str, float | None]:
    values = values.dropna()
    if values.empty:
        return dict.fromkeys(("min", "max", "mean"))
    return {
        "min": _plain(values.min()),
        "max": _plain(values.max()),
        # math.fsum is exact, whatever order or instructions the machine adds in.
        "mean": round(math.fsum(values) / len(values), 3),
    }


def _plain(number: float) -> float:
    return int(number) if number.is_integer() else float(number)


def _outcome(result: ExpectationValidationResult) -> dict[str, Any]:
    expectation: Any = result.expectation_config
    if "unexpected_count" in result.result:
        unexpected = result.result["unexpected_count"]
    else:
        unexpected = abs(result.result["observed_value"] - expectation.kwargs["min_value"])
    return {
        "name": name_of(expectation),
        "type": expectation.type,
        "column": ", ".join(_columns(expectation)) or None,
        "success": bool(result.success),
        "unexpected_count": int(unexpected),
    }


def _columns(expectation: Any) -> list[str]:
    kwargs = expectation.kwargs
    return [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]


def _failure(result: ExpectationValidationResult, table: pd.DataFrame) -> str:
    expectation: Any = result.expectation_config
    about = expectation.meta
    lines = [f"{about['name']}: {expectation.description}"]
    if "observed_value" in result.result:
        lines.append(f"    found {result.result['observed_value']}")
    else:
        files = [row["file"] for row in result.result["unexpected_index_list"]]
        rows = table.set_index("file").loc[files[:SHOWN]]
        width = max(map(len, rows.index))
        for file, row in rows[about["shows"] or _columns(expectation)].iterrows():
            seen = ", ".join(f"{column} {_text(value)}" for column, value in row.items())
            lines.append(f"    {file:{width}}  {seen}")
        if len(files) > SHOWN:
            lines.append(f"    … and {len(files) - SHOWN} more of {len(files)}")
    return "\n".join((*lines, f"    {about['advice']}"))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    return f"{text[:12]}…" if len(text) == SHA256_DIGITS else text
