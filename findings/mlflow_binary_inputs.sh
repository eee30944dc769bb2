#!/usr/bin/env bash
# MLflow 3.17.2: of a model that takes a column of bytes, one form of request is decoded, another is not.
#
# Guess: bytes travel in JSON as base64, and the server decodes them wherever the signature says binary.
# Seen: `{"dataframe_split": …}` gives the model the bytes. `{"inputs": ["<base64>"]}`, the form that
# MLflow's own pages show for columns without a name, gives it the base64 text, as bytes, with status
# 200: a model that reads files then says of every picture that it is none.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill -- -"$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2
cd "$folder"
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true PATH="$folder/venv/bin:$PATH"
cat > model.py <<'PYTHON'
import mlflow
import pandas as pd


class Tells(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"received": [repr(value) for value in model_input.iloc[:, 0]]})


mlflow.models.set_model(Tells())
PYTHON
python - <<'PYTHON'
import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

print(f"MLflow {mlflow.__version__}")
signature = ModelSignature(inputs=Schema([ColSpec(DataType.binary)]))
mlflow.pyfunc.save_model("model", python_model="model.py", signature=signature, pip_requirements=["mlflow"])
PYTHON
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
setsid mlflow models serve --model-uri model --env-manager local --host 127.0.0.1 --port "$port" > server.log 2>&1 &
server=$!
PORT=$port python - <<'PYTHON'
import base64
import os
import sys
import time

import requests

url = f"http://127.0.0.1:{os.environ['PORT']}"
for _ in range(300):
    try:
        if requests.get(f"{url}/ping", timeout=5).ok:
            break
    except requests.RequestException:
        time.sleep(0.3)
text = base64.b64encode(b"a file").decode()
seen = {}
for form, body in (
    ("dataframe_split", {"dataframe_split": {"columns": ["picture"], "data": [[text]]}}),
    ("inputs", {"inputs": [text]}),
):
    answer = requests.post(f"{url}/invocations", json=body, timeout=60)
    seen[form] = answer.status_code, answer.json()["predictions"][0]["received"]
    print(form, *seen[form])
expected = {"dataframe_split": (200, repr(b"a file")), "inputs": (200, repr(text.encode()))}
sys.exit(0 if seen == expected else "changed")
PYTHON
