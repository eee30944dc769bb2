"""The champion's office: who has it, since when and why; how it is won, given and taken back.

The alias ``champion`` names the version in office. Its tag ``champion.term`` holds a :class:`Term`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.store import Store

REGISTERED_MODEL = "dogs-vs-cats"
CHAMPION = "champion"
"""Alias of the version that ``predict`` asks: ``models:/dogs-vs-cats@champion``."""
MODEL_FILE = "data/model.keras"
"""Where a logged model holds the file of its method, byte for byte."""
VALIDATION = "validation.md5"
"""Tag of a version: DVC's digest of the pictures that it was validated on."""
_TERM = "champion.term"

Paired = dict[str, float] | str
"""A paired test, or why there is none."""


@dataclass(frozen=True)
class Term:
    """How a version came into office."""

    since: str
    """In UTC, ISO 8601; empty if that was not recorded, as of earlier revisions."""
    why: str
    before: str | None = None
    """The version that it followed."""
    test: dict[str, float] | None = None
    """On the same validation pictures: ``pictures``, ``only_before_right``, ``only_this_right`` and
    ``p_value`` (exact McNemar, two-sided)."""
    decided: int = 0
    """By hand: versions up to this one were there, and do not compete for the office again."""


@dataclass(frozen=True)
class Contender:
    """A trained method's version that may compete."""

    version: Any
    """MLflow's, with the tag :data:`VALIDATION` where the pictures are known."""
    accuracy: float
    """On validation, 0 to 1."""
    loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """The test split has no say in it, so its accuracy stays an honest estimate."""
        return self.accuracy, -self.loss

    @property
    def name(self) -> str:
        """For people."""
        return named(self.version)


def compete(
    store: Store,
    contenders: Sequence[Contender],
    paired: Callable[[Any, Any], Paired],
    is_experiment: bool,
) -> str | None:
    """Let the versions of ``dvc.lock`` compete with the one in office.

    The most accurate on validation wins, then the one with the lowest loss; of equals the one in
    office. Only those that were validated on the same pictures are compared: else the one in office
    stays. An experiment changes nothing.

    Args:
        store: where.
        contenders: at least one.
        paired: the paired test of two versions, of the one in office first.
        is_experiment: whether an experiment of DVC runs.

    Returns:
        What to tell the user, if there is anything.
    """
    best = max(contenders, key=lambda contender: contender.rank)
    old = in_office(store)
    gone = old and _gone(store, old)
    if old is None or gone:
        if is_experiment:
            return f"No champion: an experiment does not take the office. {_by_hand(best)}"
        why = f"{gone or 'Nobody was in office'}; the most accurate on validation of those trained"
        _put(store, best.version, _term(f"{why}, {best.accuracy:.2%}", old))
        return f"Champion: {best.name}. {gone}." if gone else None
    rivals = [c for c in contenders if c.version.version != old.version]
    equal = [c for c in rivals if c.version.tags.get(VALIDATION) == old.tags.get(VALIDATION, "")]
    if len(rivals) == len(contenders) and not equal:
        return (
            f"Champion: {named(old)} stays. Now other pictures are for validation, so its accuracy"
            f" cannot be compared. {_by_hand(best)}"
        )
    metrics = store.client.get_run(str(old.run_id)).data.metrics
    holder = Contender(old, metrics["validation_accuracy"], metrics["validation_loss"])
    decided = term_of(old).decided
    better = [c for c in equal if int(c.version.version) > decided and c.rank > holder.rank]
    if not better:
        return None
    best = max(better, key=lambda contender: contender.rank)
    if is_experiment:
        return f"Champion: {holder.name} stays, as this is an experiment. {_by_hand(best)}"
    test = paired(old, best.version)
    why = (
        f"{best.accuracy:.2%} on validation, {holder.name} {holder.accuracy:.2%}"
        f" (loss {best.loss:.4f} and {holder.loss:.4f}), on the same pictures; {_said(test)}"
    )
    _put(store, best.version, _term(why, old, None if isinstance(test, str) else test))
    return f"Champion: {best.name}: {why}. `dogs-vs-cats champion restore` takes it back."


def in_office(store: Store) -> Any | None:
    """The version in office, as MLflow describes it."""
    client = store.client
    return store.known(lambda: client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION))


def term_of(version: Any) -> Term:
    """What is recorded of a version's term."""
    recorded = version.tags.get(_TERM)
    return Term(**json.loads(recorded)) if recorded else Term("", "not recorded")


def choose(store: Store, number: str) -> Any:
    """Put a version into office by hand. Only versions that come later compete with it.

    Raises:
        PipelineError: there is no such version.
    """
    client = store.client
    version = store.known(lambda: client.get_model_version(REGISTERED_MODEL, number))
    if version is None:
        raise PipelineError(
            f"MLflow's store {store.name} has no version {number} of {REGISTERED_MODEL}."
            " `make ui` shows them under Models."
        )
    found = client.search_model_versions(f"name = '{REGISTERED_MODEL}'")
    newest = max(int(each.version) for each in found)
    old = in_office(store)
    _put(store, version, _term("chosen by hand", old, decided=newest))
    return client.get_model_version(REGISTERED_MODEL, number)


def restore(store: Store) -> Any:
    """Put the version back that the one in office followed.

    Raises:
        PipelineError: none is recorded, or it is gone.
    """
    version = in_office(store)
    before = term_of(version).before if version else None
    if before is None:
        raise PipelineError(
            f"MLflow's store {store.name} records no champion before this one."
            " `dogs-vs-cats champion set VERSION` names one."
        )
    return choose(store, before)


def named(version: Any) -> str:
    """A version for people."""
    return f"version {version.version} ({version.tags.get('method', REGISTERED_MODEL)})"


def _gone(store: Store, version: Any) -> str | None:
    """Why a version in office can be of no use any more."""
    run = store.known(lambda: store.client.get_run(str(version.run_id)))
    if run is None or run.info.lifecycle_stage == "deleted":
        return f"The run of {named(version)} was deleted"
    if is_lost(version.source, MODEL_FILE):
        return f"The file of {named(version)} is lost"
    return None


def _by_hand(best: Contender) -> str:
    return (
        f"`dogs-vs-cats champion set {best.version.version}` puts {best.name} in office, which"
        f" reached {best.accuracy:.2%} on validation."
    )


def _said(test: Paired) -> str:
    if isinstance(test, str):
        return f"no paired test: {test}"
    return (
        f"of {test['pictures']:.0f} pictures it alone gets {test['only_this_right']:.0f} right and"
        f" the one before alone {test['only_before_right']:.0f} (exact McNemar test,"
        f" p = {test['p_value']:.3f})"
    )


def _term(
    why: str, old: Any | None, test: dict[str, float] | None = None, decided: int = 0
) -> Term:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Term(now, why, str(old.version) if old else None, test, decided)


def _put(store: Store, version: Any, term: Term) -> None:
    client, number = store.client, str(version.version)
    # The alias last: whoever has it has its reasons.
    client.set_model_version_tag(REGISTERED_MODEL, number, _TERM, json.dumps(asdict(term)))
    client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, number)
