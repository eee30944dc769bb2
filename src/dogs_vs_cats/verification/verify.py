"""``dogs-vs-cats verify``: does a committed revision give the same results again?"""

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import clones, git, tables
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.audit.runs import TrackedRun, read_runs
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.environment import environment, environment_of
from dogs_vs_cats.tracking.lineage import Lock, Stage, parse_lock, stage_names
from dogs_vs_cats.verification import rerun
from dogs_vs_cats.verification.causes import Surroundings, causes, other_packages, run_behind
from dogs_vs_cats.verification.comparison import worst
from dogs_vs_cats.verification.recorded import RecordedContents

Document = dict[str, Any]

TOLERANCE = 1e-3
"""Numbers that are nearer than this count as equal."""


def verify(
    history: History,
    names: Collection[str],
    revision: str,
    tolerance: float,
    keep: Path | None,
    announce: Callable[[str], None],
) -> Document:
    """Run stages of a revision again, in a clone, and compare what they make with ``dvc.lock``.

    Args:
        history: of the project. Nothing in it changes.
        names: of the stages; none for all. What they read of others is brought from the cache.
        revision: a commit, by any name that git knows.
        tolerance: the largest absolute difference of numbers that counts as equal.
        keep: where to leave the clone; None to remove it.
        announce: is told what is done now.

    Returns:
        Ready for JSON. ``verdict`` (the worst of all outputs) and ``ok``; ``revision``,
        ``tolerance``; ``stages`` in the order in which they ran: ``stage``, ``state`` (``ran``,
        ``failed`` or ``not run``), ``seconds``, ``verdict``, ``outputs`` (``path``, ``verdict``,
        ``largest``, ``where``, ``detail``), ``upstream`` (stages that differ and that it reads of)
        and ``causes``; ``first_difference``; ``failure`` (``stage``, ``output``) or None;
        ``restored`` (paths that were brought); ``environment`` (``recorded``, ``now``);
        ``notes``.

    Raises:
        PipelineError: there is no such revision or stage, or what the stages read is lost.
    """
    root = history.root
    if git.head(root) is None:
        raise PipelineError(
            "There is no commit here, and what is verified is a committed state. Of a folder"
            " without git, such as a downloaded ZIP file,"
            " `git init && git add --all && git commit -m Begin` makes one."
        )
    full = git.resolve(root, revision)
    lock = history.revision(full).lock
    pipeline = Layout().pipeline.as_posix()
    content = history.read(full, pipeline)
    declared = stage_names(content, pipeline) if content else frozenset[str]()
    # DVC keeps the entries of stages that are no more. foreach and matrix stages: NAME@MEMBER.
    current = [name for name in lock.stages if name.partition("@")[0] in declared]
    stages = rerun.in_order(lock, _chosen(names, current, declared, full))
    with _clone_folder(root, keep) as folder:
        announce(f"cloning revision {tables.short(full)}")
        folder = clones.clone(root, full, folder, shared=True)
        cloned = Layout(folder)
        committed = cloned.lock.read_bytes()
        restored = rerun.bring_inputs(rerun.inputs(lock, stages), folder, history.objects)
        ran = rerun.run(folder, stages, root, announce)
        announce("comparing")
        made = parse_lock(cloned.lock.read_bytes(), str(cloned.lock)).stages
        made = {name: stage for name, stage in made.items() if name in ran.seconds}

        @cache  # asked of few stages, and of the first that differs once more
        def around(stage: str) -> Surroundings:
            return _surroundings(stage, history, lock, full, cloned)

        with tempfile.TemporaryDirectory(dir=folder / ".dvc") as scratch:
            contents = RecordedContents(history, full, folder, Path(scratch), tolerance)
            report = _report(stages, made, lock, contents, ran, around)
        first = next((entry for entry in report if entry["verdict"] != "identical"), None)
        told = around(first["stage"]) if first else None
    verdict = worst(entry["verdict"] for entry in report)
    notes = []
    unrecorded = sorted(declared - {name.partition("@")[0] for name in current})
    if unrecorded and not names:
        notes.append(f"Not in dvc.lock, so not verified: {tables.some(unrecorded, 5)}.")
    here = Layout(root).lock
    if here.exists() and here.read_bytes() != committed:
        notes.append(f"The dvc.lock that lies here is not that of revision {tables.short(full)}.")
    return {
        "ok": ran.failed is None and verdict in ("identical", "within tolerance"),
        "verdict": verdict,
        "revision": full,
        "tolerance": tolerance,
        "stages": report,
        "first_difference": first and first["stage"],
        "failure": ran.failed and {"stage": ran.failed, "output": ran.output},
        "restored": restored,
        "environment": told and {"recorded": told.recorded, "now": told.now},
        "notes": [*notes, *history.notes],
    }


def render(document: Document) -> str:
    """A line an output, then what it comes to and why."""
    rows = [
        (
            entry["stage"],
            output["path"],
            output["verdict"] if entry["state"] == "ran" else entry["state"],
            _number(output.get("largest")),
            output.get("where") or output.get("detail") or "",
        )
        for entry in document["stages"]
        for output in entry["outputs"] or [{"path": "-", "verdict": "nothing recorded"}]
    ]
    headers = ("stage", "output", "verdict", "largest difference", "where")
    parts = [tables.table(headers, rows), f"\n{_summary(document)}"]
    for entry in document["stages"]:
        if entry["causes"] and entry["state"] == "ran":
            first = entry["stage"] == document["first_difference"]
            title = "First stage that differs" if first else "Also by itself"
            parts.append("\n  ".join([f"\n{title}: {entry['stage']}", *entry["causes"]]))
    if failure := document["failure"]:
        parts.append(f"\nStage {failure['stage']} failed:\n{failure['output']}")
    return "\n".join([*parts, *tables.notes(document["notes"])])


def _chosen(
    names: Collection[str], current: list[str], declared: frozenset[str], revision: str
) -> list[str]:
    for name in names:
        if name not in current:
            why = (
                "has not been run there: dvc.lock does not record it"
                if name in declared
                else f"is not among {', '.join(sorted(declared)) or 'any'}"
            )
            raise PipelineError(f"Stage {name} of revision {tables.short(revision)} {why}.")
    return list(names) or current


@contextlib.contextmanager
def _clone_folder(root: Path, keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.resolve()
        return
    # On the disk of the data, which has room; git and DVC look at neither.
    place = root / ".dvc" / "tmp"
    place.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="verify-", dir=place) as folder:
        yield Path(folder)


def _report(
    stages: list[Stage],
    made: dict[str, Stage],
    lock: Lock,
    contents: RecordedContents,
    ran: rerun.Rerun,
    around: Callable[[str], Surroundings],
) -> list[Document]:
    report: list[Document] = []
    differing: list[Stage] = []
    for stage in stages:
        name, now = stage.name, made.get(stage.name)
        outs = now.outs if now else {}
        compared = {path: contents.compare(o, outs.get(path)) for path, o in stage.outs.items()}
        verdict = worst(comparison.verdict for comparison in compared.values())
        upstream = [other.name for other in differing if stage.depends_on(other)]
        # What follows from other inputs needs no reason of its own.
        unexplained = now and verdict != "identical" and not upstream
        report.append(
            {
                "stage": name,
                "state": "ran" if now else "failed" if name == ran.failed else "not run",
                "seconds": round(ran.seconds[name], 3) if now else None,
                "verdict": verdict,
                "outputs": [{"path": path, **asdict(c)} for path, c in compared.items()],
                "upstream": upstream,
                "causes": causes(stage, now, lock, around(name)) if unexplained else [],
            }
        )
        if verdict != "identical":
            differing.append(stage)
    return report


def _surroundings(
    stage: str, history: History, lock: Lock, revision: str, cloned: Layout
) -> Surroundings:
    """What MLflow knows about a stage's surroundings, and those of the run in the clone."""
    before = run_behind(lock, stage, revision, history.runs)
    method = before.method if before else None
    # The run of the same method tells device and precision, which need TensorFlow to find out.
    runs = reversed(_runs_of_clone(cloned.root))
    now = next((run for run in runs if run.method == method), None)
    locked = cloned.requirements
    return Surroundings(
        recorded=environment_of(before.tags) if before else None,
        now=environment_of({**environment(cloned.root), **(now.tags if now else {})}),
        packages=other_packages(locked.read_text(errors="replace") if locked.exists() else ""),
    )


def _runs_of_clone(folder: Path) -> list[TrackedRun]:
    """Runs that the stages left in the clone's own store; none if it cannot be read."""
    named = os.environ.pop("MLFLOW_TRACKING_URI", None)
    try:
        return read_runs(folder)
    except PipelineError:
        return []
    finally:
        if named is not None:
            os.environ["MLFLOW_TRACKING_URI"] = named


def _summary(document: Document) -> str:
    outputs = [output for entry in document["stages"] for output in entry["outputs"]]
    name = f"Revision {tables.short(document['revision'])}"
    if document["failure"]:
        return f"{name}: stage {document['failure']['stage']} failed. Nothing after it was run."
    counts = Counter(output["verdict"] for output in outputs)
    if document["verdict"] == "identical":
        return f"{name}: all {len(outputs)} outputs are identical, byte for byte."
    largest = max((o["largest"] for o in outputs if o["largest"] is not None), default=None)
    if document["ok"]:
        return (
            f"{name}: {counts['identical']} of {len(outputs)} outputs are identical, the"
            f" others equal within the tolerance of {document['tolerance']:g} (largest difference"
            f" {_number(largest)})."
        )
    counted = ", ".join(
        f"{counts[verdict]} {verdict}"
        for verdict in ("different", "missing", "within tolerance", "identical")
        if verdict in counts
    )
    return f"{name}: of {len(outputs)} outputs, {counted}. Tolerance {document['tolerance']:g}."


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
