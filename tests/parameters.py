"""The committed parameters, with some changed."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.settings import Params, read_params

PARAMS = Path(__file__).parents[1] / "params.yaml"
COMMITTED: dict[str, Any] = load_yaml(PARAMS.read_bytes())


def changed_params(changes: Mapping[str, Any]) -> Params:
    """Read the committed ``params.yaml`` with changes by dotted name; None takes a name away."""
    content = deepcopy(COMMITTED)
    for name, value in changes.items():
        *parents, key = name.split(".")
        place = content
        for parent in parents:
            place = place[parent]
        place[key] = value
        if value is None:
            del place[key]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text(dump_yaml(content))
        return read_params(path)
