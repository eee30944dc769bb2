"""Train one of the nets for digits, named as the argument, and write what came out."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
import sys

from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.mnist.digits import CLASSES, SIDE, read_digits
from dogs_vs_cats.mnist.networks import NETS, whole_net
from dogs_vs_cats.mnist.settings import LAYOUT, read_params
from dogs_vs_cats.models.saved import Description, save_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import require_space, whole_file, write_csv, write_json
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.training.epochs import plain
from dogs_vs_cats.training.loop import train
from dogs_vs_cats.training.result import Trained, history_table, metrics


def main() -> None:
    net, params = net_asked_for(), read_params()
    settings, digits = params.net(net), LAYOUT.root / "data/digits.npz"
    device = set_up(params.compute, settings.seed)
    print(f"Training {net} on {device}")
    learned, judged = read_digits(digits, "train"), read_digits(digits, "validation")
    model = NETS[net]()
    reached = train(
        model,
        plain(learned.pictures[..., None], learned.labels),
        plain(judged.pictures[..., None], judged.labels),
        settings,
    )
    about = Description(net, CLASSES, SIDE, "rescale")
    trained = Trained(whole_net(net, model), reached, about)
    require_space(LAYOUT.model(net), 4 * trained.model.count_params())  # float32
    with whole_file(LAYOUT.model(net)) as path:
        save_model(trained.model, path, about)
    write_csv(LAYOUT.reports / "history" / f"{net}.csv", history_table(reached))
    best = metrics(trained)
    write_json(LAYOUT.reports / "training" / f"{net}.json", best)
    # Times differ from run to run, so DVC must not hash them.
    write_json(
        LAYOUT.reports / "timings" / f"{net}.json",
        {
            "model_md5": file_md5(LAYOUT.model(net)),
            "device": device.name,
            "precision": device.precision,
            "seconds": round(reached.seconds, 1),
            "pictures_per_second": round(reached.pictures_per_second, 1),
        },
    )
    print(
        f"Best epoch {best['best_epoch']}: validation accuracy"
        f" {best['validation_accuracy']:.4f}; {reached.seconds:.0f} s"
    )


def net_asked_for() -> str:
    match sys.argv[1:]:
        case [net] if net in NETS:
            return net
    raise PipelineError(f"Name one net: python pipeline/mnist_train.py {'|'.join(NETS)}")


if __name__ == "__main__":
    stage.run(main)
