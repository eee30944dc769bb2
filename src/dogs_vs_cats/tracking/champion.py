"""The registry's champion, brought back as a model file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.evaluation.deciding import Decision
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.decision import decision_in
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.messages import reason, store_name
from dogs_vs_cats.tracking.office import CHAMPION, MODEL_FILE, REGISTERED_MODEL
from dogs_vs_cats.tracking.store import Store, existing_store


class NoChampionError(PipelineError):
    """There is no champion, or its file is gone; another model may be there."""


@dataclass(frozen=True)
class Champion:
    """The version that bears the alias ``champion``."""

    method: str
    version: str
    """Its number in the registry."""
    file: Path
    """The model: a ``.keras`` file, byte for byte the one that was trained."""
    decision: Decision | None = None
    """What was chosen for its answers."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{REGISTERED_MODEL}@{CHAMPION}, version {self.version}"


def fetch_champion(root: Path, folder: Path) -> Champion:
    """Copy the champion's model file out of the store that the project uses.

    Args:
        root: the project root.
        folder: an existing folder, which the file is put into.

    Raises:
        NoChampionError: there is no champion, or its file is gone.
        PipelineError: the store cannot be used.
    """
    store = existing_store(root)
    if store is None:
        raise no_champion(store_name())
    client = store.client
    with store.errors_explained():
        version = store.known(lambda: client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION))
        if version is None:
            raise no_champion(store.name)
        source = client.get_model_version_download_uri(REGISTERED_MODEL, version.version)
        run = store.known(lambda: client.get_run(str(version.run_id)))
    file = download(store, source, folder)
    tags = run.data.tags if run else {}
    if tags.get("dvc.model_md5", md5 := file_md5(file)) != md5:
        raise _no_file(store, "what came is not the file that was trained")
    return Champion(
        method=version.tags.get("method", REGISTERED_MODEL),
        version=str(version.version),
        file=file,
        decision=decision_in(version.tags),
    )


def download(store: Store, source: str, folder: Path) -> Path:
    """Copy a version's model file out of the store.

    Args:
        store: where it is registered.
        source: the version's.
        folder: an existing folder, which the file is put into.

    Raises:
        NoChampionError: the file cannot be had.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    file = folder / Path(MODEL_FILE).name
    try:
        # A models:/ address would be looked up in MLflow's global store instead of this one.
        artifacts: Any = get_artifact_repository(source, tracking_uri=store.client.tracking_uri)
        # Not the public `download_artifacts`: it does the same in a thread of its own, which the
        # process would wait for at its end, however slow the server.
        store.patience.wait(
            lambda: artifacts._download_file(MODEL_FILE, str(file)),
            lambda: file.stat().st_size if file.exists() else 0,
        )
    except (MlflowException, OSError) as error:  # OSError: also what requests raises
        raise _no_file(store, reason(error)) from None
    return file


def _no_file(store: Store, why: str) -> NoChampionError:
    return NoChampionError(
        f"MLflow's store {store.name} knows a champion, but its file cannot be had: {why}"
    )


def no_champion(name: str) -> NoChampionError:
    """What to say of a store, by this name, that has none."""
    return NoChampionError(
        f"MLflow's store {name} has no model {REGISTERED_MODEL}@{CHAMPION}. Train and register one"
        " with `dvc repro`."
    )
