"""Reading many versions of ``dvc.lock`` in little time."""

from typing import Any

import yaml
from ruamel.yaml.resolver import implicit_resolvers

from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Lock, lock_of

_UNKNOWN = (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError)


class _Loader(yaml.CSafeLoader):
    """libyaml's parser: seven times as fast as the one in Python.

    PyYAML reads plain scalars as YAML 1.1 does: ``2e-05`` is text and ``off`` is false there. DVC
    writes YAML 1.2, so its rules take their place.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's name and type)


for _versions, _tag, _pattern, _first in implicit_resolvers:
    if (1, 2) in _versions:
        _Loader.add_implicit_resolver(_tag, _pattern, _first)


def parse_lock(content: bytes, name: str) -> Lock:
    """Parse a ``dvc.lock``.

    Args:
        content: of the file.
        name: what to call it in an error.

    Raises:
        PipelineError: it is not a lock file of DVC 2 or 3.
    """
    try:
        return lock_of(yaml.load(content, _Loader))
    except _UNKNOWN as error:
        raise _unknown(name, error) from None


def stage_names(content: bytes, name: str) -> frozenset[str]:
    """The stages that a ``dvc.yaml`` declares.

    Args:
        content: of the file.
        name: what to call it in an error.

    Raises:
        PipelineError: it is not a ``dvc.yaml``.
    """
    try:
        return frozenset(yaml.load(content, _Loader)["stages"].keys())
    except _UNKNOWN as error:
        raise _unknown(name, error) from None


def _unknown(name: str, error: Exception) -> PipelineError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return PipelineError(f"{name} is not as DVC writes it: {reason}. Restore it with git.")
