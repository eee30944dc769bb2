"""Write the pages that explain convnets: they need no picture and no model."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.lesson.chapters import chapters
from dogs_vs_cats.lesson.page import write_lesson
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    with use(params.report.language):
        index = write_lesson(chapters(params.augmentation), layout.reports / "lesson")
    print(f"Lesson: {index}")


if __name__ == "__main__":
    stage.run(main)
