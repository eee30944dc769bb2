"""Measure every method on test pictures that are hard in each of the lecture's seven ways."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from tqdm import tqdm

from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures
from dogs_vs_cats.evaluation.joint_prediction import predict_jointly
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.files import write_csv
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.robustness.robustness import choose, conditions, measure
from dogs_vs_cats.robustness.typicality import typicality
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    settings, classes, reports = params.robustness, read_classes(layout.classes), layout.reports
    print(f"Robustness on {set_up(params.compute, seed=0)}")
    write_csv(reports / "typicality.csv", typicality(layout, classes))

    test = list_pictures(layout.splits / "test", classes)
    rows = choose(test.labels, settings)
    pictures = load_pictures([test.paths[row] for row in rows], params.backbone.image_size)
    models = {method: load_whole_model(layout.model(method)) for method in METHODS}
    predict = predict_jointly(models)
    with tqdm(desc="robustness", total=len(list(conditions())), unit="condition") as progress:
        table = measure(predict, pictures, test.labels[rows], settings.seed, progress.update)
    write_csv(reports / "robustness.csv", table)


if __name__ == "__main__":
    stage.run(main)
