"""The model registry: a version of the registered model for each trained method, and a champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.store import OvertakenError, Store

REGISTERED_MODEL = "dogs-vs-cats"
CHAMPION = "champion"
"""Alias of the version that is most accurate on validation: ``models:/dogs-vs-cats@champion``."""
MODEL_FILE = "data/model.keras"
"""Where a logged model holds the file of its method, byte for byte."""
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
    versions = [_version(store, candidate) for candidate in candidates]
    reached = [candidate.run.data.metrics for candidate in candidates]
    ranks = [(r["validation_accuracy"], -r["validation_loss"]) for r in reached]
    champion = versions[ranks.index(max(ranks))]
    aliases = client.get_registered_model(REGISTERED_MODEL).aliases
    if str(aliases.get(CHAMPION)) != champion:
        client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, champion)


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


def _version(store: Store, candidate: Candidate) -> str:
    """Number of the candidate's version, which is made if there is none."""
    client = store.client
    own, others = _told_apart(store, candidate)
    if not own:
        logged = client.get_logged_model(candidate.model_id)
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
    return str(kept.version)


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
        and not is_lost(version.source, MODEL_FILE)
    ]
    return own, [version for version in ordered if version not in own]
