"""A training as a live run in MLflow: params at the start, metrics of each epoch as they happen."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import load_yaml
from dogs_vs_cats.tracking.environment import (
    committed,
    environment,
    git_state,
    workspace_id,
)
from dogs_vs_cats.tracking.lineage import Stage, declared_params, parse_lock
from dogs_vs_cats.tracking.messages import reason
from dogs_vs_cats.tracking.pictures import MOST_NAMED, picture_params
from dogs_vs_cats.tracking.store import Store, open_store, project_root
from dogs_vs_cats.tracking.waiting import Patience
from dogs_vs_cats.visualization.colours import COLOURS

if TYPE_CHECKING:
    from dogs_vs_cats.compute.device import Device


_WARNING = 1000
_EXPERIMENT = "DVC_EXP_NAME"
"""Where DVC tells the experiment that runs."""
FROM_FILES = {"origin": "dvc.lock"}
"""Tag of a run that ``track`` made; that of a training is ``training``."""


class LiveRun:
    """A run in MLflow while its method trains, as :func:`live_run` gives it.

    Once the store has failed, it is left alone: a training of hours must not end, nor wait again
    and again, because of its records. ``track`` writes the run later.
    """

    def __init__(self) -> None:
        self._store: Store | None = None
        self._run_id = ""

    def begin(self, method: Method, device: "Device") -> None:
        """Make the run, with its parameters."""
        with self._excused():
            from dogs_vs_cats.settings import PARAMS  # slow, and of no use to `track` and the audit

            pipeline = Layout().pipeline.read_bytes()
            # As they are written: checked, 8 has become 8.0 where a number may be a fraction, and
            # dvc.lock says 8.
            params = load_yaml(PARAMS.read_bytes())
            declared = declared_params(pipeline, f"train_{method}", params)
            patience = Patience(seconds=20, timeout=5, retries=1, whole=40)
            self._store = open_store(project_root(), patience)
            tags = {"origin": "training", "device": device.name, "precision": device.precision}
            if experiment := experiment_name():
                tags["dvc.experiment"] = experiment
            self._run_id = create_run(self._store, method, tags)
            shown = run_params(method, declared) | picture_params(Layout().manifest)
            self._store.log_params(self._run_id, shown)

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Log an epoch's metrics. Epochs count from 1."""
        if self._store:
            with self._excused():
                self._store.log_metrics(self._run_id, {epoch: metrics})

    def finish(self, model_md5: str, metrics: Mapping[str, float]) -> None:
        """Log what was reached, tie the run to its model file and mark it as finished."""
        if self._store:
            with self._excused():
                self._store.log_metrics(self._run_id, {0: metrics})
                self._store.client.set_tag(self._run_id, "dvc.model_md5", model_md5)
        self.end("FINISHED")

    def end(self, status: str) -> None:
        """End the run, if it has not ended."""
        if self._store and self._run_id:
            with self._excused():
                self._store.client.set_terminated(self._run_id, status)
        self._store = None

    @contextmanager
    def _excused(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever it is, the training is worth more
            self._store = None
            print(
                "warning: this training is not shown live in MLflow; `track` adds it later."
                f" {reason(error, _WARNING)}",
                file=sys.stderr,
            )


@contextmanager
def live_run(method: Method, device: "Device") -> Iterator[LiveRun]:
    """Show a training in MLflow while it runs.

    The run is RUNNING until :meth:`LiveRun.finish`; KILLED if the block is interrupted, FAILED if
    it raises or ends without ``finish``. It has the parameters of ``params.yaml`` that the method's
    stage and all upstream of it declare in ``dvc.yaml``, as a run made from ``dvc.lock`` will have
    them, and the numbers of pictures. Nothing that MLflow does or that these files lack raises
    here: the first failure is one line on standard error.

    Args:
        method: what is trained; the run's name.
        device: what it runs on.
    """
    run = LiveRun()
    try:
        run.begin(method, device)
        yield run
    except KeyboardInterrupt:
        run.end("KILLED")
        raise
    finally:
        run.end("FAILED")  # does nothing after any other end


def run_params(method: Method, settings: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as a run shows them, sorted by name.

    The method's own lose its name (``frozen_base.epochs`` is ``epochs`` in the run of
    ``frozen_base``), so that the five methods line up in one column.
    """
    own = f"{method}."
    return {name.removeprefix(own): shown(value) for name, value in sorted(settings.items())}


def shown(value: Any) -> str:
    """A parameter's value as a run shows it: of a long list its length."""
    if isinstance(value, list) and len(value) > MOST_NAMED:
        return f"{len(value)} values"
    return str(value)


def create_run(store: Store, method: str, tags: Mapping[str, str]) -> str:
    """Begin a run; its id.

    Args:
        store: where.
        method: its name: a method, or ``comparison``.
        tags: besides those of method, environment, revision and workspace.
    """
    own = _tags_of_this_process(method)
    run = store.client.create_run(store.experiment_id, run_name=method, tags={**own, **tags})
    return str(run.info.run_id)


def experiment_name() -> str | None:
    """The DVC experiment that this process is part of: in the workspace, beside it or queued."""
    return os.environ.get(_EXPERIMENT) or None


def experiment_of(stages: Iterable[Stage]) -> dict[str, str]:
    """The tag of the DVC experiment that runs now, if it is what made these stages' outputs.

    Those that the revision it began with records are not its own.
    """
    name = experiment_name()
    if not name:
        return {}
    lock = committed(Path("dvc.lock"))
    before = parse_lock(lock.encode(), "dvc.lock of HEAD").stages if lock else {}
    own = any(s.name not in before or s.outs != before[s.name].outs for s in stages)
    return {"dvc.experiment": name} if own else {}


def _tags_of_this_process(method: str) -> dict[str, str]:
    workspace = Path.cwd()
    tags = {
        "method": method,
        "dvc.workspace": workspace_id(workspace),
        # MLflow's pages show the revision only beside a source.
        "mlflow.source.name": f"pipeline/{'train' if method in METHODS else 'track'}.py",
        "mlflow.source.type": "LOCAL",
    }
    if method in COLOURS:
        # Its pages take a run's colour from here; else two methods may get the same one.
        tags["mlflow.runColor"] = COLOURS[method]
    return tags | environment() | git_state(workspace)
