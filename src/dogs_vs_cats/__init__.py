"""Five ways to teach a convnet cats from dogs from few pictures, compared with evidence."""

import os

# Every dependency asks the environment before it says or sends anything, and asks at import:
# this is the only moment early enough to keep them quiet. A user's own setting wins.
for _name, _value in {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "true",
    "GX_ANALYTICS_ENABLED": "false",
}.items():
    os.environ.setdefault(_name, _value)
