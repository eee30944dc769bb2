"""``dogs-vs-cats verify``: does a committed revision give the same results again?"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
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
from dogs_vs_cats.verification.causes import (
    Surroundings,
    causes,
    other_packages,
    run_behind,
)
from dogs_vs_cats.verification.comparison import Comparison, Verdict, worst
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
    root, layout = history.root, Layout()
    if git.head(root) is None:
        raise PipelineError("There is no commit here, and what is verified is a committed state.")
    full = git.resolve(root, revision)
    lock = history.revision(full).lock
    pipeline = history.read(full, layout.pipeline.as_posix())
    declared = stage_names(pipeline, str(layout.pipeline)) if pipeline else frozenset[str]()
    # DVC keeps the entries of stages that are no more. foreach and matrix stages: NAME@MEMBER.
    current = [name for name in lock.stages if name.partition("@")[0] in declared]
    stages = rerun.in_order(lock, _chosen(names, current, declared, full))
    with _clone_folder(root, keep) as folder:
        announce(f"cloning revision {tables.short(full)}")
        clones.clone(root, full, folder, shared=True)
        wanted = rerun.inputs(lock, stages)
        restored = rerun.bring_inputs(wanted, folder, history.objects)
        ran = rerun.run(folder, stages, announce)
        announce("comparing")
        path = folder / layout.lock
        made = parse_lock(path.read_bytes(), str(path)).stages
        made = {name: stage for name, stage in made.items() if name in ran.seconds}
        with tempfile.TemporaryDirectory(dir=folder / ".dvc") as scratch:
            contents = RecordedContents(history, full, Path(scratch))
            compared = {
                stage.name: _compare(stage, made.get(stage.name), contents, folder, tolerance)
                for stage in stages
            }
        around = _surroundings_reader(history, lock, full, folder)
        report = _stages(stages, made, lock, compared, ran, around)
    first = next((entry for entry in report if entry["verdict"] != "identical"), None)
    verdict = worst([entry["verdict"] for entry in report])
    told = around(first["stage"]) if first else None
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
        "notes": [*_remarks(history, full, names, declared, current), *history.notes],
    }


def render(document: Document) -> str:
    """A line an output, then what it comes to and why."""
    rows = []
    for entry in document["stages"]:
        outputs = entry["outputs"] or [{"path": "-", "verdict": "nothing recorded"}]
        for output in outputs:
            verdict = output["verdict"] if entry["state"] == "ran" else entry["state"]
            rows.append(
                (
                    entry["stage"],
                    output["path"],
                    verdict,
                    _number(output.get("largest")),
                    output.get("where") or output.get("detail") or "",
                )
            )
    headers = ("stage", "output", "verdict", "largest difference", "where")
    parts = [tables.table(headers, rows), f"\n{_summary(document)}"]
    first = document["first_difference"]
    for entry in document["stages"]:
        if entry["causes"] and entry["state"] == "ran":
            title = "First stage that differs" if entry["stage"] == first else "Also by itself"
            lines = [f"{title}: {entry['stage']}", *(f"  {cause}" for cause in entry["causes"])]
            parts.append("\n" + "\n".join(lines))
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


def _compare(
    stage: Stage,
    made: Stage | None,
    contents: RecordedContents,
    folder: Path,
    tolerance: float,
) -> dict[str, Comparison]:
    outs = made.outs if made else {}
    return {
        path: contents.compare(out, outs.get(path), folder / path, tolerance)
        for path, out in stage.outs.items()
    }


def _stages(
    stages: list[Stage],
    made: dict[str, Stage],
    lock: Lock,
    compared: dict[str, dict[str, Comparison]],
    ran: rerun.Rerun,
    around: Callable[[str], Surroundings],
) -> list[Document]:
    verdicts: dict[str, Verdict] = {
        name: worst([comparison.verdict for comparison in found.values()])
        for name, found in compared.items()
    }
    report = []
    for stage in stages:
        verdict = verdicts[stage.name]
        upstream = [
            other.name
            for other in stages
            if verdicts[other.name] != "identical" and rerun.depends(stage, other)
        ]
        reached = stage.name in ran.seconds
        # What follows from other inputs needs no reason of its own.
        explained = verdict == "identical" or upstream or not reached
        report.append(
            {
                "stage": stage.name,
                "state": "ran" if reached else "failed" if stage.name == ran.failed else "not run",
                "seconds": round(ran.seconds[stage.name], 3) if reached else None,
                "verdict": verdict,
                "outputs": [
                    {"path": path, **asdict(comparison)}
                    for path, comparison in compared[stage.name].items()
                ],
                "upstream": upstream,
                "causes": []
                if explained
                else causes(stage, made.get(stage.name), lock, around(stage.name)),
            }
        )
    return report


def _surroundings_reader(
    history: History, lock: Lock, revision: str, folder: Path
) -> Callable[[str], Surroundings]:
    """Reads about a stage's surroundings what MLflow knows; both stores once, and only if asked."""
    path = Layout().requirements.as_posix()
    stores: list[list[TrackedRun]] = []

    def read(stage: str) -> Surroundings:
        if not stores:
            stores.extend((history.runs, _runs_of_clone(folder)))
        before = run_behind(lock, stage, revision, stores[0])
        method = before.method if before else None
        # The run of the same method tells device and precision, which need TensorFlow to find out.
        now = next((run for run in reversed(stores[1]) if run.method == method), None)
        requirements = history.read(revision, path) or b""
        return Surroundings(
            recorded=environment_of(before.tags) if before else None,
            now=environment_of({**environment(folder), **(now.tags if now else {})}),
            packages=other_packages(requirements.decode(errors="replace")),
        )

    return read


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


def _remarks(
    history: History,
    revision: str,
    names: Collection[str],
    declared: frozenset[str],
    current: list[str],
) -> Iterator[str]:
    ran = {name.partition("@")[0] for name in current}
    unrecorded = sorted(declared - ran)
    if unrecorded and not names:
        yield f"Not in dvc.lock, so not verified: {tables.some(unrecorded, 5)}."
    path = Layout(history.root).lock
    if path.exists() and path.read_bytes() != history.read(revision, Layout().lock.as_posix()):
        yield f"The dvc.lock that lies here is not that of revision {tables.short(revision)}."


def _summary(document: Document) -> str:
    outputs = [output for entry in document["stages"] for output in entry["outputs"]]
    name = f"Revision {tables.short(document['revision'])}"
    if document["failure"]:
        return f"{name}: stage {document['failure']['stage']} failed. Nothing after it was run."
    counts = {v: sum(o["verdict"] == v for o in outputs) for v in {o["verdict"] for o in outputs}}
    if document["verdict"] == "identical":
        return f"{name}: all {len(outputs)} outputs are identical, byte for byte."
    largest = max((o["largest"] for o in outputs if o["largest"] is not None), default=None)
    if document["ok"]:
        return (
            f"{name}: {counts.get('identical', 0)} of {len(outputs)} outputs are identical, the"
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
