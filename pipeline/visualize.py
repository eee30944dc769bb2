"""Draw the comparison's charts and what the networks see: a file a figure."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.project.files import whole_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.visualization import figures, thumbnails
from dogs_vs_cats.visualization.drawing import save_drawings


def main() -> None:
    layout, params = Layout(), read_params()
    device = set_up(params.compute, params.visualize.seed)
    # TensorFlow takes five networks, each traced once, for one that is traced again and again.
    tf.get_logger().setLevel("ERROR")
    print(f"Drawing on {device}")
    classes = read_classes(layout.classes)
    drawings = figures.draw(layout, classes, params.backbone, params.visualize)
    with use(params.report.language), whole_directory(layout.reports / "figures") as folder:
        save_drawings(drawings, folder)
        thumbnails.write_errors(
            layout.reports / "errors.json", layout.splits, folder / "thumbnails"
        )


if __name__ == "__main__":
    stage.run(main)
