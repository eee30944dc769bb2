"""Train one method, named as the argument, under the eyes of MLflow, and write what came out."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.device import Device, set_up
from dogs_vs_cats.compute.strategy import strategy_of, worker_number
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import save_model
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import require_space, whole_file, write_csv, write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.runs import live_run
from dogs_vs_cats.training.result import Trained, history_table, metrics


def main() -> None:
    method, layout, params = method_asked_for(), Layout(), read_params()
    learn = importlib.import_module(f"dogs_vs_cats.methods.{method}").learn
    device = set_up(params.compute, params.method(method).seed)
    strategy = strategy_of(params.compute)
    replicas = strategy.num_replicas_in_sync
    print(f"Training {method} on {device}" + (f", {replicas} replicas" if replicas > 1 else ""))
    if worker := worker_number(strategy):
        with together(strategy):
            learn(layout, params, lambda epoch, metrics: None)
        print(f"Worker {worker} has trained its share of {method}; worker 0 writes the results.")
        return
    with live_run(method, device) as run:
        with together(strategy):
            trained = learn(layout, params, run.log_epoch)
        reached = metrics(trained)
        model_md5 = write(method, layout, trained, reached, device)
        run.finish(model_md5, reached)
    print(
        f"Best epoch {reached['best_epoch']}: validation accuracy"
        f" {reached['validation_accuracy']:.3f}; {trained.training.seconds:.0f} s"
    )


def method_asked_for() -> str:
    match sys.argv[1:]:
        case [method] if method in METHODS:
            return method
    raise PipelineError(f"Name one method: python pipeline/train.py {'|'.join(METHODS)}")


@contextmanager
def together(strategy: Any) -> Iterator[None]:
    """Build and train models in the scope of a strategy, as long as all of its workers live."""
    try:
        with strategy.scope():
            yield
    except tf.errors.UnavailableError:
        raise PipelineError(
            "Another worker has stopped or cannot be reached, so this training has stopped too and"
            " nothing of it is written. Run it again on every machine."
        ) from None


def write(
    method: str, layout: Layout, trained: Trained, reached: dict[str, float], device: Device
) -> str:
    """Write model, history, metrics and, apart, times; the model's MD5."""
    require_space(layout.model(method), 4 * trained.model.count_params())  # float32
    with whole_file(layout.model(method)) as path:
        save_model(trained.model, path, trained.description)
    model_md5 = file_md5(layout.model(method))
    write_csv(layout.reports / "history" / f"{method}.csv", history_table(trained.training))
    write_json(layout.reports / "training" / f"{method}.json", reached)
    # Times differ from run to run, so DVC must not hash them.
    write_json(
        layout.reports / "timings" / f"{method}.json",
        {
            "model_md5": model_md5,
            "device": device.name,
            "precision": device.precision,
            "seconds": round(trained.training.seconds, 1),
            "pictures_per_second": round(trained.training.pictures_per_second, 1),
        },
    )
    return model_md5


if __name__ == "__main__":
    stage.run(main)
