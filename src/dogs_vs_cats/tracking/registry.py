"""The model registry: a version of the registered model for each trained method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dogs_vs_cats.tracking.decision import DECISION
from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.office import MODEL_FILE, REGISTERED_MODEL, VALIDATION, Contender
from dogs_vs_cats.tracking.store import OvertakenError, Store

DESCRIBING = ("classes", "image_size", "preprocessing")
"""Tags of a logged model and of its version: a JSON list of the classes' names, the side of the
pictures in pixels, and what the model does with them first."""


@dataclass(frozen=True)
class Candidate:
    """A trained method's model as it stands in MLflow."""

    run: Any
    """Complete, with the tags ``method`` and ``dvc.content``."""
    model_id: str
    evidence: str
    """What speaks for the model, in Markdown; the version's description."""
    validation: str | None
    """DVC's digest of the validation pictures; None where the lock file does not tell."""


def register(store: Store, candidates: Sequence[Candidate], comparison: str) -> list[Contender]:
    """Make sure that each candidate has one version, which may compete for the champion's office.

    Args:
        store: where.
        candidates: the methods that ``dvc.lock`` records.
        comparison: the registered model's description, in Markdown.
    """
    if not candidates:
        return []
    _make_registered_model(store, comparison)
    return [
        Contender(
            _version(store, candidate),
            candidate.run.data.metrics["validation_accuracy"],
            candidate.run.data.metrics["validation_loss"],
        )
        for candidate in candidates
    ]


def _make_registered_model(store: Store, description: str) -> None:
    from mlflow.exceptions import MlflowException

    client = store.client
    registered = store.known(lambda: client.get_registered_model(REGISTERED_MODEL))
    if registered is None:
        try:
            client.create_registered_model(REGISTERED_MODEL, description=description)
        except MlflowException:
            client.get_registered_model(REGISTERED_MODEL)  # another process was faster
    elif registered.description != description:
        client.update_registered_model(REGISTERED_MODEL, description)


def _version(store: Store, candidate: Candidate) -> Any:
    """The candidate's version, which is made if there is none."""
    client = store.client
    own, others = _told_apart(store, candidate)
    logged = client.get_logged_model(candidate.model_id)
    if not own:
        told = {name: logged.tags[name] for name in DESCRIBING if name in logged.tags}
        of_run = {name: candidate.run.data.tags[name] for name in ("method", "dvc.content")}
        client.create_model_version(
            REGISTERED_MODEL,
            # Not models:/ID, which MLflow looks up in its global store instead of this one.
            logged.artifact_location,
            run_id=candidate.run.info.run_id,
            model_id=candidate.model_id,
            tags=of_run | told,
            description=candidate.evidence,
        )
        # Two processes that register at once both find two now, and keep the same one.
        own, others = _told_apart(store, candidate)
    if not own:
        raise OvertakenError(store.name)
    kept, *repeated = own
    for other in (*repeated, *others):
        client.delete_model_version(REGISTERED_MODEL, other.version)
    if kept.description != candidate.evidence:
        client.update_model_version(REGISTERED_MODEL, kept.version, candidate.evidence)
    chosen = logged.tags.get(DECISION)
    if chosen and kept.tags.get(DECISION) != chosen:
        client.set_model_version_tag(REGISTERED_MODEL, kept.version, DECISION, chosen)
    if candidate.validation and VALIDATION not in kept.tags:
        # Never again: the lock file may tell of other pictures before this method learns anew.
        client.set_model_version_tag(
            REGISTERED_MODEL, kept.version, VALIDATION, candidate.validation
        )
        kept = client.get_model_version(REGISTERED_MODEL, kept.version)
    return kept


def _told_apart(store: Store, candidate: Candidate) -> tuple[list[Any], list[Any]]:
    """Versions of the candidate's content: of its run, oldest first, and those whose run or
    file is gone."""
    content = candidate.run.data.tags["dvc.content"]
    found = store.client.search_model_versions(
        f"name = '{REGISTERED_MODEL}' AND tags.`dvc.content` = '{content}'"
    )
    ordered = sorted(found, key=lambda version: int(version.version))
    own = [
        version
        for version in ordered
        if version.run_id == candidate.run.info.run_id
        and not is_lost(str(version.source), MODEL_FILE)
    ]
    return own, [version for version in ordered if version not in own]
