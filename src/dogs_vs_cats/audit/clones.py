"""A revision in a folder of its own, which knows where this project keeps its data.

What the revision brings is not trusted before anybody has run it: nothing of it makes git or DVC
run a program, or write anywhere else.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.history import History, current_stages
from dogs_vs_cats.audit.objects import Objects, configuration, dvc, is_inside
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.git import COMMAND, environment
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import Recorded, file_md5, folder_md5, parse_lock

# Git's own ways to run something on a checkout: hooks (of a template, or of a folder that the
# user's configuration names relative to the work tree), a monitor, and submodules.
_QUIET = (f"core.hooksPath={os.devnull}", "core.fsmonitor=false", "submodule.recurse=false")
# The last word on attributes: programs that the user has configured as filters see nothing of it.
_ATTRIBUTES = "* -filter\n"
_OWN = (".git", ".dvc")


def restore(history: History, revision: str, folder: Path) -> str:
    """Clone the project at a revision and bring its data back from this project's cache.

    The clone shares the cache and knows this project's remotes, those of ``.dvc/config.local``
    too. The clone stays also if some data are lost: ``dvc repro`` there makes what can be made.

    Args:
        history: of the project.
        revision: a commit.
        folder: must not exist, or be empty. Nothing outside of it is written.

    Returns:
        A line that says what was done.

    Raises:
        PipelineError: the folder is taken, git does not have the revision, it would write outside
            of the folder, or some data are neither in the cache nor in the remote.
    """
    git.resolve(history.root, revision)
    project = clone(history.root, revision, folder)
    configure(project, history.objects, history.objects.cache)
    # All that the revision records. What dvc.yaml declares beyond that never was, and DVC would
    # call it an error.
    here = Layout(project)
    lock = parse_lock(here.lock.read_bytes(), str(here.lock)) if here.lock.exists() else None
    stages = current_stages(lock, here.pipeline) if lock else []
    recorded = [out for stage in stages for out in stage.outs.values()]
    state = f"{folder} holds revision {revision[:8]}"
    if not recorded:
        return f"{state}, which records no data."
    lost = [out for out in recorded if not (project / out.path).exists()]
    other = [out.path for out in recorded if out not in lost and not _is_there(project, out)]
    reason = ""
    for command in ("checkout", "pull") if history.objects.remote else ("checkout",):
        # A folder whose listing nobody has seen could hold any path.
        listed = [o for o in lost if not o.is_folder or history.objects.listing(o) is not None]
        if listed:
            try:
                dvc(project, command, "--", *(out.path for out in listed))
            except PipelineError as error:
                reason = f"\n{error}"
            lost = [out for out in lost if not _is_there(project, out)]
    if other:
        state += f" ({', '.join(other)} as git has it, not as its dvc.lock records)"
    if not lost:
        return f"{state} and its data."
    raise PipelineError(
        f"{state}, but not all of its data: {', '.join(out.path for out in lost)} can be had"
        f" neither from the cache nor a remote. `dvc repro` there makes what can be made.{reason}"
    )


def clone(root: Path, revision: str, folder: Path, *, shared: bool = False) -> Path:
    """Check a revision out in a folder; nothing of it is left there if that fails.

    Args:
        root: the project, in a git repository.
        revision: a commit.
        folder: must not exist, or be empty.
        shared: use the project's git objects instead of copying them. This reaches also a commit
            that is on no branch, and does not outlive the project.

    Returns:
        The project in the clone: the folder, or the one in it where the repository has the project.

    Raises:
        PipelineError: the folder is taken, git does not have the revision, or the revision has a
            link or records a file that leads out of the folder.
    """
    top = _git("-C", str(root), "rev-parse", "--show-toplevel").rstrip("\n")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there already. Name a folder that is not, or empty it.")
    project = folder / git.prefix(root)
    options = ("--quiet", "--no-checkout", *(("--shared",) if shared else ()))
    try:
        _git("clone", *options, *(f"--config={each}" for each in _QUIET), "--", top, str(folder))
        attributes = folder / ".git" / "info" / "attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(_ATTRIBUTES, encoding="utf-8")
        _git("-C", str(folder), "checkout", "--quiet", "--detach", revision)
        _refuse_ways_out(folder, project, revision)
    except BaseException:
        shutil.rmtree(folder.resolve(), ignore_errors=True)
        raise
    return project


def configure(folder: Path, objects: Objects, cache: Path) -> None:
    """Let DVC in a clone use a cache, and the configuration of the project it came from.

    That of ``.dvc/config.local`` too, which git does not clone. The revision's own is not used: it
    could name commands, such as one that fetches a password, and other addresses for this
    project's passwords.

    Raises:
        PipelineError: a value cannot be written so that DVC reads it.
    """
    shared, local = (folder / ".dvc" / name for name in ("config", "config.local"))
    shared.parent.mkdir(exist_ok=True)
    shared.write_text("", encoding="utf-8")
    if _git("-C", str(folder), "ls-files", "--", ".dvc/config"):
        # To git, and so to the tags of runs, nothing has changed.
        _git("-C", str(folder), "update-index", "--skip-worktree", "--", ".dvc/config")
    # The cache is named, as the user's own configuration may name one that all projects share.
    # All paths are absolute: relative ones would lead elsewhere from the clone.
    sections: dict[str, list[str]] = {}
    for name, value in (objects.options | {"cache.dir": str(cache.resolve())}).items():
        section, _, option = name.rpartition(".")
        sections.setdefault(section, []).append(f"{option} = {_quoted(value)}\n")
    # Written here, as `dvc config` would show a password to whoever lists processes.
    local.unlink(missing_ok=True)
    local.touch(mode=0o600)
    with local.open("w", encoding="utf-8") as file:
        for section, lines in sections.items():
            kind, _, label = section.partition(".")
            file.write(f"['{kind} \"{label}\"']\n" if label else f"[{kind}]\n")
            file.writelines(lines)
    configuration(folder)


def _refuse_ways_out(folder: Path, project: Path, revision: str) -> None:
    """See :func:`clone`. Git itself writes through no link; DVC does."""
    home, inside = (Path(os.path.realpath(each)) for each in (folder, project))
    entries = _git("-C", str(folder), "ls-files", "--stage", "-z").split("\0")
    links = [entry.partition("\t")[2] for entry in entries if entry.startswith("120000")]
    _refuse((link for link in links if not _is_own(home, home / link)), revision, "is a link")
    own = [".dvc/config", ".dvc/config.local"]
    _refuse((path for path in own if not _is_itself(inside, path)), revision, "is a link")
    lock = Layout(project).lock
    stages = parse_lock(lock.read_bytes(), str(lock)).stages.values() if lock.exists() else ()
    outs = (out for stage in stages for out in stage.outs)
    bad = (out for out in outs if not (_is_itself(inside, out) and _is_own(home, inside / out)))
    _refuse(bad, revision, "is recorded in its dvc.lock")


def _is_itself(inside: Path, path: str) -> bool:
    """Whether neither a path of the project nor any parent is a link, or goes up."""
    return is_inside(path) and Path(os.path.realpath(inside / path)) == inside / path


def _is_own(home: Path, path: Path) -> bool:
    """Whether a path really leads to the clone's files, and not to what git and DVC keep there."""
    real = Path(os.path.realpath(path))
    return real.is_relative_to(home) and not set(_OWN) & set(real.relative_to(home).parts)


def _refuse(paths: Iterable[str], revision: str, what: str) -> None:
    for path in paths:
        raise PipelineError(
            f"Revision {revision[:8]} cannot be brought back: {path} {what} and leads out of the"
            " folder, or to what git and DVC keep in it. Nothing was written."
        )


def _is_there(project: Path, out: Recorded) -> bool:
    path = project / out.path
    if not out.is_folder:
        return path.is_file() and file_md5(path) == out.md5
    files = {p.relative_to(path).as_posix(): file_md5(p) for p in path.rglob("*") if p.is_file()}
    return path.is_dir() and folder_md5(files) == out.md5


def _quoted(value: str) -> str:
    """In quotes that are not in the value; DVC would read a comma outside of any as a list."""
    quotes = ('"', "'", '"""', "'''")
    quote = next((q for q in quotes if q not in value and not value.endswith(q[0])), '"')
    return f"{quote}{value}{quote}"


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            (*COMMAND, *arguments), capture_output=True, text=True, check=True, env=environment()
        ).stdout
    except subprocess.CalledProcessError as error:
        raise PipelineError(error.stderr.strip() or "git failed") from None
