"""Draw the figures and the page of the nets for digits."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.mnist.digits import read_digits
from dogs_vs_cats.mnist.figures import draw
from dogs_vs_cats.mnist.page import headline, page
from dogs_vs_cats.mnist.results import read_results
from dogs_vs_cats.mnist.settings import LAYOUT
from dogs_vs_cats.project.files import whole_directory, whole_file
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.visualization.drawing import save_drawings


def main() -> None:
    params = read_params()  # those of the whole project: all pages are in one language
    results, figures = read_results(LAYOUT), LAYOUT.reports / "figures"
    digits = read_digits(LAYOUT.root / "data/digits.npz", "test")
    with use(params.report.language):
        with whole_directory(figures) as folder:
            save_drawings(draw(results, digits), folder)
        with whole_file(LAYOUT.reports / "index.html") as path:
            path.write_text(page(results, figures), encoding="utf-8")
    print(headline(results))
    print(f"Report: {LAYOUT.reports / 'index.html'}")


if __name__ == "__main__":
    stage.run(main)
