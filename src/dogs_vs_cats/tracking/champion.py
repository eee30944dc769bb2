"""The registry's champion, brought back as a model file."""

from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.registry import CHAMPION, REGISTERED_MODEL
from dogs_vs_cats.tracking.store import Store, existing_store, reason, store_name

_MODEL_FILE = "data/model.keras"
"""Where MLflow's Keras flavour keeps the file within a logged model."""


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
    classes: tuple[str, str] | None
    """Names of label 0 and label 1 when it was trained; None if its run is lost."""

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
        raise _no_champion(store_name())
    client = store.client
    with store.errors_explained():
        version = store.known(lambda: client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION))
        if version is None:
            raise _no_champion(store.name)
        source = client.get_model_version_download_uri(REGISTERED_MODEL, version.version)
        run = store.known(lambda: client.get_run(str(version.run_id)))
    params = run.data.params if run else {}
    known = "classes.negative" in params and "classes.positive" in params
    return Champion(
        method=version.tags.get("method", REGISTERED_MODEL),
        version=str(version.version),
        file=_download(store, f"{source}/{_MODEL_FILE}", folder),
        classes=(params["classes.negative"], params["classes.positive"]) if known else None,
    )


def _download(store: Store, uri: str, folder: Path) -> Path:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        # A models:/ address would be looked up in MLflow's global store instead of this one.
        return Path(
            download_artifacts(
                artifact_uri=uri, dst_path=str(folder), tracking_uri=store.client.tracking_uri
            )
        )
    except (MlflowException, OSError) as error:  # OSError: also what requests raises
        raise NoChampionError(
            f"MLflow's store {store.name} knows a champion, but its file cannot be had:"
            f" {reason(error)}"
        ) from None


def _no_champion(name: str) -> NoChampionError:
    return NoChampionError(
        f"MLflow's store {name} has no model {REGISTERED_MODEL}@{CHAMPION}. Train and register one"
        " with `dvc repro`."
    )
