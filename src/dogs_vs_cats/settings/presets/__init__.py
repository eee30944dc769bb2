"""Settings that go together under one name: files of this folder, ``NAME.yaml``.

A preset is no setting itself: it is written out as the settings it stands for, so that
``params.yaml``, ``dvc.lock`` and MLflow say what was trained, and DVC knows what it changes.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from dogs_vs_cats.project.yaml_text import load_yaml

_FOLDER = files(__name__)
NAMES = tuple(sorted(f.name.removesuffix(".yaml") for f in _FOLDER.iterdir() if ".yaml" in f.name))


def read_preset(name: str) -> dict[str, dict[str, Any]]:
    """What a preset sets: sections of ``params.yaml`` with some of their keys.

    Args:
        name: one of :data:`NAMES`.
    """
    preset: dict[str, dict[str, Any]] = load_yaml((_FOLDER / f"{name}.yaml").read_bytes())
    return preset


def settings_of(preset: Mapping[str, Any]) -> Iterator[str]:
    """Each setting as ``dvc exp run -S`` takes it, such as ``head.pooling=flatten``; no blanks."""
    for section, value in preset.items():
        if isinstance(value, Mapping):
            yield from (f"{section}.{setting}" for setting in settings_of(value))
        else:
            yield f"{section}={json.dumps(value, separators=(',', ':'))}".replace('"', "")
