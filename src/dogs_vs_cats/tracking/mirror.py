"""``track``: exactly one run in MLflow for each trained method that ``dvc.lock`` records.

A run is known by the content of its model and history, so it is the same one wherever and however
often they are restored from the cache. What has been logged is remembered in the run's tags:

``dvc.content``     key of the content; written first
``dvc.evaluation``  MD5 of the evaluation whose test metrics the run shows
``dvc.figures``     MD5 of the figures that were logged with the run
``dvc.tracked``     ``complete``; written last
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.comparison import (
    comparison_text,
    describe_experiment,
    mirror_comparison,
)
from dogs_vs_cats.tracking.environment import workspace_id
from dogs_vs_cats.tracking.evaluation import evidence
from dogs_vs_cats.tracking.lineage import Lock, read_lock
from dogs_vs_cats.tracking.method_run import mirror_method
from dogs_vs_cats.tracking.office import Paired, compete
from dogs_vs_cats.tracking.registry import Candidate, register
from dogs_vs_cats.tracking.runs import FROM_FILES, experiment_name
from dogs_vs_cats.tracking.store import (
    COMPLETE,
    OvertakenError,
    Store,
    only_one,
    open_store,
    project_root,
)
from dogs_vs_cats.tracking.trained import TrainedMethod, trained_methods

_MADE_FROM_FILES = (
    "Made by `track` from the files that `dvc.lock` records. The environment is that of"
    " the machine that did so; the training may have run elsewhere."
)


def track(layout: Layout) -> str:
    """Make sure that MLflow holds one complete run for each trained method.

    Beside them stand one run for the comparison, and the registered model. What is there already
    is left as it is. Runs of trainings in this workspace that never ended, and repetitions of the
    same content, are deleted (MLflow can restore them).

    Returns:
        A line that says what the store holds now, and one of the champion where that has changed or
        did not change because of a rule.

    Raises:
        PipelineError: ``dvc.lock`` or a file that it records is missing or another one, or the
            store cannot be used.
    """
    lock = read_lock(layout.lock)
    trained = trained_methods(lock, layout)
    root = project_root()
    with only_one(root):
        store = open_store(root)
        with store.errors_explained():
            changes, compared, office = store.repeated(
                lambda: _bring_up_to_date(store, lock, trained, layout)
            )
    runs = f"{len(trained)} run{'' if len(trained) == 1 else 's'}"
    updated = f", {changes['updated']} updated" if changes["updated"] else ""
    comparison = ", a new comparison" if compared else ""
    look = "open it with a browser" if store.name.startswith("http") else "open with: make ui"
    news = f"{changes['new']} new{updated}{comparison}"
    said = f"MLflow: {runs} up to date ({news}) in {store.name}; {look}"
    return f"{said}\n{office}" if office else said


def _bring_up_to_date(
    store: Store, lock: Lock, trained_methods: Sequence[TrainedMethod], layout: Layout
) -> tuple[Counter[str], bool, str | None]:
    """What :func:`track` does in the store: changes of runs, whether a comparison is new, and what
    there is to say of the champion."""
    changes: Counter[str] = Counter()
    candidates = []
    pictures = (layout.splits / "validation").as_posix()
    maker = lock.maker(pictures)
    validation = maker.outs[pictures].md5 if maker else None
    for trained in trained_methods:
        change, run_id = mirror_method(store, lock, trained)
        changes[change] += 1
        run, models = store.client.get_run(run_id), store.models(run_id)
        if not models:
            raise OvertakenError(store.name)
        says = evidence(trained, run.data.metrics)
        candidates.append(Candidate(run, models[0].model_id, says, validation))
        if change != "same":
            made_here = FROM_FILES.items() <= run.data.tags.items()
            note = f"{says}\n\n{_MADE_FROM_FILES}" if made_here else says
            store.client.set_tag(run_id, "mlflow.note.content", note)
    comparison = comparison_text(layout.reports)
    contenders = register(store, candidates, comparison)
    describe_experiment(store, comparison)
    compared = mirror_comparison(store, lock, layout.reports)
    _tidy(store, trained_methods)

    def paired(before: Any, after: Any) -> Paired:
        from dogs_vs_cats.tracking.duel import paired_test  # TensorFlow, only if needed

        return paired_test(store, before, after, layout)

    is_experiment = experiment_name() is not None
    office = compete(store, contenders, paired, is_experiment) if contenders else None
    return changes, compared, office


def _tidy(store: Store, trained_methods: Sequence[TrainedMethod]) -> None:
    """Delete what was left behind by this workspace's trainings and trackings that were cut off.

    Nothing else of this workspace trains now: DVC lets no stage write what a running one reads.
    """
    ours = {"dvc.workspace": workspace_id(Path.cwd())}
    left = store.runs(ours, "attributes.status != 'FINISHED'")
    for trained in trained_methods:
        same = {"dvc.model_md5": trained.model.md5, "method": trained.method}
        left += store.runs(ours | same)
    for run in {run.info.run_id: run for run in left}.values():
        if not COMPLETE.items() <= run.data.tags.items():
            store.delete(run.info.run_id)
