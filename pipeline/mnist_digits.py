"""Bring the digits from the source that ``mnist/params.yaml`` names, and describe them."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.mnist.digits import write_digits
from dogs_vs_cats.mnist.settings import LAYOUT, read_params
from dogs_vs_cats.mnist.sources import obtain
from dogs_vs_cats.project.files import write_json


def main() -> None:
    params = read_params()
    arrays, about, how = obtain(params.source)
    sizes = write_digits(LAYOUT.root / "data/digits.npz", arrays)
    write_json(LAYOUT.reports / "source.json", about | {"digits": sizes})
    print(f"Digits: {about['name']}, {how}")
    print(", ".join(f"{split} {size:,}" for split, size in sizes.items()))


if __name__ == "__main__":
    stage.run(main)
