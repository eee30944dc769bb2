"""Whether git and DVC's experiments can work on this folder."""

from collections.abc import Iterator

from dogs_vs_cats.diagnosis.finding import Finding, Situation
from dogs_vs_cats.project.git import is_shallow, refusal, said
from dogs_vs_cats.project.text import first_of

_SHOWN = 3


def repository(situation: Situation) -> Iterator[Finding]:
    """What git says of the folder, and what DVC 3.67's experiments would lose in it."""
    root = situation.root
    if reason := refusal(root):
        yield Finding("repository", "git refuses it", "problem", reason)
        return
    if said(root, "rev-parse", "--git-dir") is None:
        config = root / ".dvc" / "config"
        alone = not config.is_file() or "no_scm" in config.read_text(errors="replace")
        yield Finding(
            "repository",
            "none",
            "note" if alone else "problem",
            "Nothing has a revision."
            if alone
            else "DVC needs one, also in a downloaded ZIP file:"
            " run `git init && git add --all && git commit -m Begin`.",
        )
        return
    if is_shallow(root):
        yield Finding(
            "repository",
            "a shallow clone",
            "note",
            "The audit sees the last commits alone, and `dvc exp run --temp` and --queue are"
            " refused, as DVC would drop their results. Run `git fetch --unshallow`.",
        )
    else:
        yield Finding("repository", "whole")
    files = (said(root, "ls-files", "-v", "-z") or b"").decode(errors="replace").split("\0")
    if skipped := [name[2:] for name in files if name[:2] in ("S ", "s ")]:
        yield Finding(
            "skip-worktree",
            first_of(skipped, _SHOWN),
            "note",
            "`dvc exp run` sets such files back to their committed text. Keep a copy elsewhere.",
        )
    staged = (said(root, "ls-files", "--stage", "-z") or b"").decode(errors="replace").split("\0")
    if modules := [line.partition("\t")[2] for line in staged if line.startswith("160000 ")]:
        yield Finding(
            "submodules",
            first_of(modules, _SHOWN),
            "note",
            "An experiment records them as deleted, and `dvc exp apply` removes their folders: take"
            " its params.yaml alone (`git checkout COMMIT params.yaml`), then `dvc repro`.",
        )
