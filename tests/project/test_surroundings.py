"""What other programs have set for themselves neither stops this one nor changes its files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("backend", "in_kernel", "left"),
    [
        ("module://matplotlib_inline.backend_inline", False, None),
        ("module://matplotlib_inline.backend_inline", True, "as it was"),
        ("tkagg", False, "as it was"),
    ],
)
def test_a_kernels_way_of_drawing_stays_in_the_kernel(
    backend: str, in_kernel: bool, left: str | None
) -> None:
    kernel = "sys.modules['ipykernel'] = None; " if in_kernel else ""
    code = f"import os, sys; {kernel}import dogs_vs_cats; print(os.environ.get('MPLBACKEND'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MPLBACKEND": backend, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(backend if left else None)


def test_a_clone_that_turns_line_ends_has_the_same_bytes(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")

    def git(*arguments: str, folder: Path = tmp_path) -> str:
        command = ["git", "-c", "core.autocrlf=true", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    for name in ("dvc.yaml", "params.yaml", "docs/demo-report.png", "reports/seeds.csv"):
        (tmp_path / Path(name).name).write_bytes((ROOT / name).read_bytes())
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first")
    git("clone", "--quiet", "--config", "core.autocrlf=true", ".", "clone")
    for path in tmp_path.iterdir():
        if path.is_file():
            assert (tmp_path / "clone" / path.name).read_bytes() == path.read_bytes(), path.name
