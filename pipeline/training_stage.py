"""What the five training stages share: train under the eyes of MLflow, write the outputs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dogs_vs_cats.backend import set_up, strategy_of, tf, worker_number
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.files import whole_file, write_csv, write_json
from dogs_vs_cats.methods import Method
from dogs_vs_cats.models.classifiers import save_model
from dogs_vs_cats.params import Settings
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.runs import live_run
from dogs_vs_cats.training.loop import OnEpoch
from dogs_vs_cats.training.trained import Trained, history_table, metrics

SPLITS = Path("data/splits")
WEIGHTS = Path("data/weights/vgg16.weights.h5")
FEATURES = Path("data/features")
VIEWS = Path("data/views")
MODELS = Path("data/models")
REPORTS = Path("reports")


def train_and_write(
    method: Method,
    compute: ComputeSettings,
    seed: int,
    settings: dict[str, Settings],
    fit: Callable[[OnEpoch], Trained],
) -> None:
    """Run ``fit`` and write model, history and metrics, and the times apart from them.

    Of several workers (``compute.strategy``), all train and worker 0 writes.

    Args:
        method: what is trained.
        compute: what it runs on.
        seed: of initial weights and dropout.
        settings: those that the training uses, by their section of ``params.yaml``.
        fit: trains; builds its models itself.
    """
    device = set_up(compute, seed)
    strategy = strategy_of(compute)
    replicas = strategy.num_replicas_in_sync
    print(f"Training {method} on {device}" + (f", {replicas} replicas" if replicas > 1 else ""))
    if worker := worker_number(strategy):
        with _together(strategy):
            fit(lambda epoch, metrics: None)
        print(f"Worker {worker} has trained its share of {method}; worker 0 writes the results.")
        return
    model_path = MODELS / f"{method}.keras"
    with live_run(method, settings, device) as run:
        with _together(strategy):
            trained = fit(run.log_epoch)
        reached = metrics(trained)
        with whole_file(model_path) as path:
            save_model(trained.model, path)
        model_md5 = file_md5(model_path)
        write_csv(REPORTS / "history" / f"{method}.csv", history_table(trained.training))
        write_json(REPORTS / "training" / f"{method}.json", reached)
        # Times differ from run to run, so DVC must not hash them.
        write_json(
            REPORTS / "timings" / f"{method}.json",
            {
                "model_md5": model_md5,
                "device": device.name,
                "precision": device.precision,
                "seconds": round(trained.training.seconds, 1),
                "pictures_per_second": round(trained.training.pictures_per_second, 1),
            },
        )
        run.finish(model_md5, reached)
    print(
        f"Best epoch {reached['best_epoch']}: validation accuracy"
        f" {reached['validation_accuracy']:.3f}; {trained.training.seconds:.0f} s"
    )


@contextmanager
def _together(strategy: Any) -> Iterator[None]:
    """Build and train models in the scope of a strategy, as long as all of its workers live."""
    try:
        with strategy.scope():
            yield
    except tf.errors.UnavailableError:
        raise PipelineError(
            "Another worker has stopped or cannot be reached, so this training has stopped too and"
            " nothing of it is written. Run it again on every machine."
        ) from None
