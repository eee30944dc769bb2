#!/usr/bin/env bash
# MLflow 3.17.2: processes that open a new SQLite store at the same moment break each other's set-up.
#
# Guess: the first makes the tables and the others wait, as they do for each write later.
# Seen: each runs the migrations of the schema by itself and without a lock. Of 6 processes that
# call MlflowClient(uri).search_experiments() on a file that is not there yet, 4 to 6 ended with
# an error of Alembic, SQLAlchemy or MLflow ("Online migration expected to match one row",
# "No such index"), in 3 rounds of 3. Once the file is set up, 6 of 6 succeed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2
cd "$folder"
MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true "$folder/venv/bin/python" - <<'PYTHON'
import subprocess
import sys

import mlflow

OPEN = "import sys, mlflow; mlflow.MlflowClient(sys.argv[1]).search_experiments()"


def failures(name: str) -> list[str]:
    """Last words of those of 6 processes that failed on one store."""
    command = [sys.executable, "-c", OPEN, f"sqlite:///{name}.db"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    said = [process.communicate()[1].strip().splitlines() for process in processes]
    return [lines[-1] for lines, p in zip(said, processes, strict=True) if p.returncode]


print(f"MLflow {mlflow.__version__}")
new = {name: failures(name) for name in ("first", "second", "third")}
for name, words in new.items():
    print(f"a new store, {name} time: {len(words)} of 6 failed; one said: {(words or ['-'])[0][:120]}")
mlflow.MlflowClient("sqlite:///made.db").search_experiments()
made = failures("made")
print(f"a store that was opened once before: {len(made)} of 6 failed")
sys.exit("changed: a new store can be opened at once" if not any(new.values()) or made else 0)
PYTHON
