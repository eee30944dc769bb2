"""A real DVC project in git whose four stages take no time: what DVC does with it is real."""

import os
import subprocess
import sys
from pathlib import Path

PARAMS = """\
classes: [cat, dog]
split: {{pictures: 4}}
small_convnet: {{epochs: {epochs}}}
"""

PIPELINE = """\
stages:
  download:
    cmd: python pipeline/download.py
    deps: [pipeline/download.py]
    outs: [data/raw/archive.zip]
  split:
    cmd: python pipeline/split.py
    deps: [data/raw/archive.zip, pipeline/split.py]
    params: [classes, split]
    outs: [data/splits/train, data/splits/test, data/manifest.csv]
  train_small_convnet:
    cmd: python pipeline/train.py
    deps: [data/splits/train, pipeline/train.py]
    params: [small_convnet]
    outs: [data/models/small_convnet.keras]
    metrics: [{reports/training/small_convnet.json: {cache: false}}]
  evaluate:
    cmd: python pipeline/evaluate.py
    deps:
      - data/models/small_convnet.keras
      - data/splits/test
      - pipeline/evaluate.py
      - reports/training
    metrics: [{reports/evaluation.json: {cache: false}}]
"""

# TINY_LOG names a file that each stage that really runs adds a line to. TINY_NOISE and TINY_FAILS
# stand for all that a stage depends on and that dvc.yaml does not know.
COMMON = """\
import hashlib, json, os, sys
from pathlib import Path

name = Path(sys.argv[0]).stem
with open(os.environ.get("TINY_LOG", os.devnull), "a") as file:
    file.write(name + "\\n")
if os.environ.get("TINY_FAILS") == name:
    sys.exit(f"{name} has lost its way")


def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
"""

SCRIPTS = {
    "download": """
write("data/raw/archive.zip", "all pictures")
""",
    "split": """
rows = ["split,class,file,sha256,width,height,bytes,phash"]
for split, first in (("train", 0), ("test", 4)):
    for label in ("cat", "dog"):
        for number in range(first, first + 4):
            file = f"{split}/{label}/{label}.{number}.jpg"
            text = f"{label} {number}"
            write(f"data/splits/{file}", text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            rows.append(f"{split},{label},{file},{digest},60,50,{len(text)},{'0' * 16}")
write("data/manifest.csv", "\\n".join(rows) + "\\n")
""",
    "train": """
import zipfile

weights = [number / 7 for number in range(6)]
weights[0] = float(Path("params.yaml").read_text().rpartition("epochs: ")[2].rstrip("}\\n"))
weights[4] += float(os.environ.get("TINY_NOISE", 0))
path = Path("data/models/small_convnet.keras")
path.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(path, "w") as archive:
    archive.writestr(zipfile.ZipInfo("config.json"), json.dumps({"weights": weights}))
write("reports/training/small_convnet.json", json.dumps({"validation_accuracy": 0.75}))
""",
    "evaluate": """
import zipfile

with zipfile.ZipFile("data/models/small_convnet.keras") as archive:
    weights = json.loads(archive.read("config.json"))["weights"]
write("reports/evaluation.json", json.dumps({"small_convnet": {"accuracy": sum(weights) / 6}}))
""",
}

IGNORED = "/data/\n/mlflow.db\n.partial-*\n"
# Nothing of whoever runs the tests has a part in what happens.
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "A. Tester"), ("EMAIL", "tester@example.org"))
    },
}


class TinyProject:
    """A project in a folder, driven as its user would drive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str) -> str:
        """What a command wrote on standard output; it must succeed."""
        process = self.start(*command)
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    def start(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """A command's ending, whatever it is."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "DVC_"))},
            **ENVIRONMENT,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments).strip()

    def commit(self, subject: str) -> str:
        """The new revision."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def set_epochs(self, epochs: int) -> None:
        self.write("params.yaml", PARAMS.format(epochs=epochs))

    def object(self, md5: str) -> Path:
        """A content in DVC's cache."""
        return self.folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:]


def make_tiny_project(folder: Path) -> TinyProject:
    """A project after its first ``dvc repro``, committed."""
    folder.mkdir()
    project = TinyProject(folder)
    project.git("init", "--quiet")
    project.dvc("init", "--quiet")
    project.write(".dvc/config", "[core]\n    analytics = false\n    check_update = false\n")
    project.write(".gitignore", IGNORED)
    project.write("dvc.yaml", PIPELINE)
    project.write("requirements.lock", "")
    project.set_epochs(2)
    for name, script in SCRIPTS.items():
        project.write(f"pipeline/{name}.py", COMMON + script)
    project.dvc("repro", "--quiet")
    project.commit("First")
    return project
