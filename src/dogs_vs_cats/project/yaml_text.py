"""YAML as DVC writes and reads it: the rules of YAML 1.2, parsed by libyaml."""

import re
from typing import Any

import yaml

YAMLError = yaml.YAMLError


class _Loader(yaml.CSafeLoader):
    """PyYAML's own rules are those of YAML 1.1, by which ``2e-05`` is text and ``off`` is false."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's name and type)


class _Dumper(yaml.CSafeDumper):
    """As :class:`_Loader`: quotes what that would take for something else than text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


# The core schema: YAML 1.2.2, section 10.3.2.
for _tag, _pattern, _first in (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
):
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
        )
_Loader.add_constructor(
    "tag:yaml.org,2002:int",
    # A leading 0 is octal in YAML 1.1 alone.
    lambda loader, node: int(node.value, 0 if node.value[:2] in ("0o", "0x") else 10),
)


def load_yaml(text: str | bytes) -> Any:
    """The value of a YAML document.

    Raises:
        YAMLError: it is not YAML.
    """
    return yaml.load(text, _Loader)


def dump_yaml(value: Any) -> str:
    """A YAML document of a value, its keys in the order given."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text
