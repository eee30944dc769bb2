"""The runs that MLflow holds, as the audit needs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.comparison import RUN_NAME
from dogs_vs_cats.tracking.messages import store_name
from dogs_vs_cats.tracking.runs import FROM_FILES
from dogs_vs_cats.tracking.store import EXPERIMENT, existing_store

_PAGE = 1000


@dataclass(frozen=True)
class TrackedRun:
    """A run of MLflow."""

    id: str
    """32 hexadecimal digits."""
    name: str
    status: str
    """``FINISHED``, ``RUNNING``, ``FAILED`` or ``KILLED``"""
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """Last values."""
    training_data: str | None
    """MD5 of the training split, if the run names it."""

    @property
    def method(self) -> str:
        return self.tags.get("method", self.name)

    @property
    def model_md5(self) -> str | None:
        """MD5 of the model file that the run made, if it came that far."""
        return self.tags.get("dvc.model_md5")

    @property
    def is_comparison(self) -> bool:
        """Whether it compares models and made none."""
        return self.method == RUN_NAME

    @property
    def trained_at(self) -> str | None:
        """The commit whose code trained, maybe :attr:`dirty`.

        What ``track`` made from files of another time or machine names the commit of the tracking.
        """
        return None if self.is_from_files else self.tags.get("git.revision")

    @property
    def dirty(self) -> bool:
        """Whether code, parameters or data had changes that were not committed."""
        return self.tags.get("git.dirty") == "true"

    @property
    def is_from_files(self) -> bool:
        """Whether ``track`` made it, so that revision and environment are those of the tracking."""
        return FROM_FILES.items() <= self.tags.items()


def read_runs(root: Path) -> list[TrackedRun]:
    """All active runs of the project's experiment, oldest first.

    Neither store nor experiment is made.

    Args:
        root: the project root.

    Raises:
        PipelineError: the store cannot be used, or there is no such experiment.
    """
    store = existing_store(root)
    if store is None:
        raise PipelineError(
            f"No run is known: MLflow's store {store_name()} has no experiment {EXPERIMENT}."
            " `dvc repro` makes it, with a run for each model in dvc.lock."
        )
    found: list[TrackedRun] = []
    token = None
    with store.errors_explained():
        while True:
            page = store.client.search_runs(
                [store.experiment_id],
                order_by=["attributes.start_time ASC", "attributes.run_id ASC"],
                max_results=_PAGE,
                page_token=token,
            )
            found += map(_tracked, page)
            token = page.token
            if not token:
                return found


def _tracked(run: Any) -> TrackedRun:
    inputs = run.inputs.dataset_inputs if run.inputs else []
    digests = [
        entry.dataset.digest
        for entry in inputs
        if any(tag.key == "mlflow.data.context" and tag.value == "training" for tag in entry.tags)
    ]
    return TrackedRun(
        id=str(run.info.run_id),
        name=str(run.info.run_name),
        status=str(run.info.status),
        tags=dict(run.data.tags),
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        training_data=digests[0] if digests else None,
    )
