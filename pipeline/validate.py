"""Hold the chosen pictures against the expectations and write what was found."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.expectations import ValidationSettings
from dogs_vs_cats.data.split import SplitSettings
from dogs_vs_cats.data.validation import validate_pictures
from dogs_vs_cats.files import whole_directory, write_json
from dogs_vs_cats.params import read_settings

MANIFEST = Path("data/manifest.csv")
SPLITS = Path("data/splits")
RESULT = Path("reports/validation.json")
DATA_DOCS = Path("reports/data_docs")


def main() -> None:
    validation = validate_pictures(
        MANIFEST,
        SPLITS,
        read_settings("classes", ClassSettings).names,
        read_settings("split", SplitSettings).sizes,
        read_settings("validate", ValidationSettings),
        read_settings("compute", ComputeSettings).engine,
    )
    # Before the verdict: a reader needs them most when it is bad.
    write_json(RESULT, validation.summary)
    with whole_directory(DATA_DOCS) as folder:
        (folder / "index.html").write_text(validation.page, encoding="utf-8")
    validation.require_success()


if __name__ == "__main__":
    stage.run(main)
