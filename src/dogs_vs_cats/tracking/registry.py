"""The model registry: a version of the registered model for each trained method, and a champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dogs_vs_cats.methods import Method
from dogs_vs_cats.tracking.store import OvertakenError, Store

REGISTERED_MODEL = "dogs-vs-cats"
CHAMPION = "champion"
"""Alias of the version that is most accurate on validation: ``models:/dogs-vs-cats@champion``."""


@dataclass(frozen=True)
class Candidate:
    """A trained method's model as it stands in MLflow."""

    method: Method
    content: str
    """The key that its run has in the tag ``dvc.content``."""
    run_id: str
    model_id: str
    validation_accuracy: float
    validation_loss: float
    evidence: str
    """What speaks for the model, in Markdown; the version's description."""


def register(store: Store, candidates: Sequence[Candidate], comparison: str) -> None:
    """Make sure that each candidate has one version, and that the best is the champion.

    The best is the most accurate on validation, then the one with the lowest validation loss: the
    test split has no say in the choice, so its accuracy stays an honest estimate.

    Args:
        store: where.
        candidates: the methods that ``dvc.lock`` records.
        comparison: the registered model's description, in Markdown.
    """
    if not candidates:
        return
    client = store.client
    _make_registered_model(store, comparison)
    versions = {
        candidate.method: _version(store, candidate, _versions(store)) for candidate in candidates
    }
    best = max(candidates, key=lambda c: (c.validation_accuracy, -c.validation_loss))
    champion = str(versions[best.method].version)
    aliases = client.get_registered_model(REGISTERED_MODEL).aliases
    if str(aliases.get(CHAMPION)) != champion:
        client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, champion)


def _make_registered_model(store: Store, description: str) -> None:
    from mlflow.exceptions import MlflowException

    client = store.client
    try:
        registered = client.get_registered_model(REGISTERED_MODEL)
    except MlflowException:
        try:
            client.create_registered_model(REGISTERED_MODEL, description=description)
        except MlflowException:
            client.get_registered_model(REGISTERED_MODEL)  # another process was faster
        return
    if registered.description != description:
        client.update_registered_model(REGISTERED_MODEL, description)


def _versions(store: Store) -> list[Any]:
    """All versions, oldest first."""
    found: list[Any] = []
    token = None
    while True:
        page = store.client.search_model_versions(f"name = '{REGISTERED_MODEL}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda version: int(version.version))


def _version(store: Store, candidate: Candidate, existing: Sequence[Any]) -> Any:
    client = store.client
    kept, others = _told_apart(existing, candidate)
    if kept is None:
        client.create_model_version(
            REGISTERED_MODEL,
            # Not models:/ID, which MLflow looks up in its global store instead of this one.
            client.get_logged_model(candidate.model_id).artifact_location,
            run_id=candidate.run_id,
            model_id=candidate.model_id,
            tags={"method": candidate.method, "dvc.content": candidate.content},
            description=candidate.evidence,
        )
        # Two processes that register at once both find two now, and keep the same one.
        kept, others = _told_apart(_versions(store), candidate)
        if kept is None:
            raise OvertakenError
    for other in others:
        client.delete_model_version(REGISTERED_MODEL, other.version)
    if kept.description != candidate.evidence:
        client.update_model_version(REGISTERED_MODEL, kept.version, candidate.evidence)
    return kept


def _told_apart(versions: Sequence[Any], candidate: Candidate) -> tuple[Any, list[Any]]:
    """The version to keep, if there is one, and those of the same content that are of no use:
    repetitions, and those of a run that was deleted and made anew."""
    same = [v for v in versions if v.tags.get("dvc.content") == candidate.content]
    kept = next((v for v in same if v.run_id == candidate.run_id), None)
    return kept, [version for version in same if version is not kept]
