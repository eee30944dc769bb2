"""Hold the chosen pictures against the expectations and write what was found."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.validation.validation import validate_pictures
from dogs_vs_cats.project.files import whole_directory, write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    validation = validate_pictures(
        layout.manifest,
        layout.splits,
        read_classes(layout.classes),
        params.data.source,
        params.validation,
        params.compute.engine,
    )
    # Before the verdict: a reader needs them most when it is bad.
    write_json(layout.reports / "validation.json", validation.summary)
    with whole_directory(layout.reports / "data_docs") as folder:
        (folder / "index.html").write_text(validation.page, encoding="utf-8")
    validation.require_success()


if __name__ == "__main__":
    stage.run(main)
