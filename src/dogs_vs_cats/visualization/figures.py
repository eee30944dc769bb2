"""All figures of the report in its order, and what each is drawn from.

A new figure is a function that gives a :class:`Drawing`, in the module of its section, and a line
here; a chart of the comparison's numbers has its line in :mod:`dogs_vs_cats.visualization.charts`.
"""

from collections.abc import Iterator

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.evaluation.metrics import read_predictions
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import BackboneSettings, VisualizeSettings
from dogs_vs_cats.visualization import activations, charts, filter_patterns, heatmaps, projection
from dogs_vs_cats.visualization.choice import choose
from dogs_vs_cats.visualization.drawing import Drawing


def draw(
    layout: Layout,
    classes: Classes,
    backbone: BackboneSettings,
    settings: VisualizeSettings,
) -> Iterator[Drawing]:
    """Every figure, one after the other.

    Args:
        layout: of a project whose other stages have run.
        classes: names in the order of their labels.
        backbone: of the transfer methods; its side is that of all pictures.
        settings: how much is drawn.
    """
    predictions = read_predictions(layout.reports / "predictions")
    yield from charts.draw(layout.reports, classes)

    features, labels = open_bank(layout.features / "test.npy")
    wrong = {
        method: (table["predicted"] != table["actual"]).to_numpy()
        for method, table in predictions.items()
    }
    network = BACKBONES[backbone.name].title
    yield projection.draw(features[0], labels, wrong, classes, network, settings.seed)

    models = {method: load_whole_model(layout.model(method)) for method in METHODS}
    files = choose(predictions, settings.heatmaps)
    actual = predictions[METHODS[0]].set_index("file")["actual"]
    pictures = load_pictures([layout.splits / file for file in files], backbone.image_size)
    yield from heatmaps.draw(models, pictures, list(actual[files]), files, classes)
    yield from activations.draw(models["small_convnet"], pictures, files[0])
    conv_base = load_conv_base(layout.weights, backbone)
    yield from filter_patterns.draw(conv_base, backbone, settings)
