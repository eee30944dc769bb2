"""Each command that the audit prints does, as it is printed, what it is said to do."""

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_project import TinyProject, make_tiny_project

import dogs_vs_cats

RUN = re.compile(r"`((?:dvc|git|dogs-vs-cats) [^`]+)`")
AUDIT = f"{sys.executable} -m dogs_vs_cats audit"
MODEL = "data/models/small_convnet.keras"
REPORT = """\
  report:
    cmd: python pipeline/report.py
    deps: [reports/evaluation.json]
    outs: [reports/comparison.md]
    always_changed: true
"""
DRAW = """\
from pathlib import Path
from dogs_vs_cats.tracking.lineage import read_lock, results_digest
Path("reports/index.html").write_text(results_digest(read_lock(Path("dvc.lock"))))
Path("reports/comparison.md").write_text(Path("reports/evaluation.json").read_text())
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TinyProject:
    """A project with a report, which DVC records in part, as that of the real one."""
    project = make_tiny_project(tmp_path_factory.mktemp("commands") / "my project")
    project.write("pipeline/report.py", DRAW)
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write(REPORT)
    with (project.folder / ".gitignore").open("a") as file:
        file.write("/reports/index.html\n/reports/comparison.md\n")
    project.dvc("repro", "--quiet")
    project.commit("With a report")
    return project


@pytest.fixture
def project(original: TinyProject, tmp_path: Path) -> TinyProject:
    shutil.copytree(original.folder, tmp_path / "my project", symlinks=True)
    return TinyProject(tmp_path / "my project")


def audit(project: TinyProject, arguments: str) -> tuple[str, list[str]]:
    """What a command of the audit writes, and the commands in it."""
    ended = project.start("bash", "-c", f"{AUDIT} {arguments}")
    text = ended.stdout + ended.stderr
    return text, list(dict.fromkeys(RUN.findall(text)))


def follow(project: TinyProject, commands: list[str]) -> None:
    for command in commands:
        project.run("bash", "-c", command)


def is_clean(project: TinyProject) -> bool:
    return "as dvc.lock and the manifest record them" in audit(project, "check")[0]


def test_no_command_is_printed_that_no_test_here_runs() -> None:
    """A new one shows here first."""
    package = Path(dogs_vs_cats.__file__).parent
    files = [*(package / "audit").glob("*.py"), package / "cli/audit.py"]
    assert {command for file in files for command in _commands(file)} == {
        "dogs-vs-cats audit versions --json",
        "dvc checkout",
        "dvc pull",
        "dvc remote add --default NAME URL",
        "dvc repro",
        "git fetch --unshallow",  # tests/home/test_words.py
        "git log --oneline --all",
        "git log -p HEAD..{}",
        "git restore {}",
    }


def _commands(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = (p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
            text = "".join(map(str, texts))
            yield from (c for c in RUN.findall(text.replace("``", "")) if "\n" not in c)


def test_what_cache_and_git_have_is_restored(project: TinyProject) -> None:
    (project.folder / "reports/evaluation.json").unlink()
    (project.folder / MODEL).unlink()

    commands = audit(project, "check")[1]

    assert commands == ["dvc checkout", "git restore reports/evaluation.json"]
    follow(project, commands)
    assert is_clean(project)


def test_in_a_clone_without_cache_all_is_made_again_or_pulled(
    project: TinyProject, tmp_path: Path
) -> None:
    project.dvc("remote", "add", "--local", "store", str(tmp_path / "remote"))
    project.dvc("push", "--quiet", "--remote", "store")
    clone = TinyProject(tmp_path / "clone")
    project.git("clone", "--quiet", ".", str(clone.folder))

    text, commands = audit(clone, "check")

    assert commands == ["dvc repro", "dvc remote add --default NAME URL", "dvc pull"]
    assert "DVC has no default remote" in text
    again = TinyProject(tmp_path / "again")
    shutil.copytree(clone.folder, again.folder)
    follow(again, commands[:1])
    assert is_clean(again)
    named = commands[1].replace("NAME", "store").replace("URL", f"'{tmp_path}/remote'")
    follow(clone, [named])
    follow(clone, audit(clone, "check")[1])
    assert is_clean(clone)


def test_a_report_of_other_results_is_told_and_drawn_again(project: TinyProject) -> None:
    project.dvc("exp", "run", "--temp", "--name", "five", "-S", "small_convnet.epochs=5")
    assert is_clean(project)
    project.dvc("exp", "apply", "five")

    text, commands = audit(project, "check")

    assert "stale" in text
    assert "reports/index.html" in text
    assert commands == ["dvc repro"]
    follow(project, commands)
    assert is_clean(project)


@pytest.mark.parametrize("below", ["", "a folder/"])
def test_a_state_is_brought_back(project: TinyProject, tmp_path: Path, below: str) -> None:
    if below:
        outer = tmp_path / "outer"
        shutil.move(project.folder, outer / below)
        shutil.rmtree(outer / below / ".git")
        TinyProject(outer).git("init", "--quiet")
        TinyProject(outer).commit("All")
        project = TinyProject(outer / below)
    folder = f"{tmp_path}/brought back"

    text, _ = audit(project, f"run {MODEL}")

    [command] = [line for line in text.splitlines() if line.startswith("dogs-vs-cats ")]
    follow(project, [command.replace("DIR", f"'{folder}'")])
    assert (Path(folder) / below / MODEL).exists()


def test_a_state_that_is_not_committed_is_made_again(project: TinyProject, tmp_path: Path) -> None:
    """The code is in a commit, the model in none: its run alone knows."""
    program = (
        "from mlflow import MlflowClient as C; c = C('sqlite:///mlflow.db');"
        " e = c.create_experiment('dogs-vs-cats');"
        f" t = {{'method': 'small_convnet', 'git.revision': '{project.git('rev-parse', 'HEAD')}',"
        " 'git.dirty': 'false', 'dvc.model_md5': 'f' * 32};"
        " print(c.create_run(e, tags=t).info.run_id)"
    )
    run = project.run(sys.executable, "-c", program).split()[-1]
    folder = f"{tmp_path}/brought back"

    text, _ = audit(project, f"run {run}")

    lines = [line for line in text.splitlines() if line.startswith(("dogs-vs-cats ", "dvc "))]
    assert len(lines) == 2
    follow(project, [line.replace("DIR", f"'{folder}'") for line in lines])
    assert (Path(folder) / MODEL).exists()


def test_what_to_look_at_after_a_mistake_can_be_looked_at(project: TinyProject) -> None:
    project.git("checkout", "--quiet", "-b", "foreign")
    project.write("notes.txt", "foreign")
    revision = project.commit("Foreign")
    project.git("checkout", "--quiet", "-")
    for arguments, command in (
        ("run nothing", "dogs-vs-cats audit versions --json"),
        ("diff nowhere HEAD", "git log --oneline --all"),
    ):
        assert audit(project, arguments)[1][0] == command
        follow(project, [command])
    ended = project.start(
        "bash", "-c", f"{sys.executable} -m dogs_vs_cats verify --revision foreign"
    )
    [command] = RUN.findall(ended.stderr)
    assert revision[:8] in command
    assert "+foreign" in project.run("bash", "-c", command)
