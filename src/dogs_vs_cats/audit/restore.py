"""``audit run --checkout``: the state of a revision, with its data, in a folder of its own."""

from pathlib import Path

from dogs_vs_cats.audit import clones, git
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import parse_lock


def restore(history: History, revision: str, folder: Path) -> str:
    """Clone the project at a revision and bring its data back from this project's cache.

    The clone shares the cache and knows this project's remotes, those of ``.dvc/config.local``
    too. The clone stays also if some data are lost: ``dvc repro`` there makes what can be made.

    Args:
        history: of the project.
        revision: a commit.
        folder: must not exist, or be empty.

    Returns:
        A line that says what was done.

    Raises:
        PipelineError: the folder is taken, git does not have the revision, or some data are
            neither in the cache nor in the remote.
    """
    git.resolve(history.root, revision)
    clones.clone(history.root, revision, folder)
    clones.configure(folder, history.objects, history.objects.cache)
    # All that the revision records. What dvc.yaml declares beyond that never was, and DVC would
    # call it an error; what git has is there already.
    path = folder / history.layout.lock
    stages = parse_lock(path.read_bytes(), str(path)).stages.values() if path.exists() else ()
    recorded = [out for stage in stages for out in stage.outs if not (folder / out).exists()]
    if not recorded:
        return f"{folder} holds revision {revision[:8]}, which records no data."
    try:
        clones.dvc(folder, "checkout", "--", *recorded)
    except PipelineError as missing:
        if history.objects.remote is None:
            raise _lost(folder, revision, missing) from None
        try:
            clones.dvc(folder, "pull", "--", *recorded)
        except PipelineError as error:
            raise _lost(folder, revision, error) from None
    return f"{folder} holds revision {revision[:8]} and its data."


def _lost(folder: Path, revision: str, error: PipelineError) -> PipelineError:
    return PipelineError(
        f"{folder} holds revision {revision[:8]}, but not all of its data: they are neither in the"
        f" cache nor in a remote. `dvc repro` there makes what can be made.\n{error}"
    )
