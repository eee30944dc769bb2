"""YAML as DVC writes and reads it: the rules of YAML 1.2, parsed by libyaml."""

import re
import reprlib
from typing import Any

import yaml

YAMLError = yaml.YAMLError
_DEPTH = 1000
"""Levels within each other that are read."""


class _Loader(yaml.CSafeLoader):
    """PyYAML's own rules are those of YAML 1.1, by which ``2e-05`` is text and ``off`` is false."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's name and type)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """PyYAML takes the last of equal keys without a word; YAML forbids them."""
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):  # cheap: dvc.lock files are read by the thousand
            seen = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key!r} is there twice", key_node.start_mark
                    )
                seen.add(key)
        return mapping


class _Placing(_Loader):
    """As :class:`_Loader`, slower: a value that its tag does not fit is told with its place."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except YAMLError:
            raise
        except Exception:  # int, float, dates and tables raise each their own within PyYAML
            raise yaml.constructor.ConstructorError(
                None,
                None,
                f"{reprlib.repr(node.value)} is no {node.tag.rpartition(':')[2]}",
                node.start_mark,
            ) from None


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
        YAMLError: it is not YAML, nested too deep, holds a key twice or a value that its tag does
            not fit.
    """
    content = text.encode() if isinstance(text, str) else text
    _check_depth(content)
    try:
        return yaml.load(content, _Loader)
    except YAMLError:
        raise
    except Exception:
        return yaml.load(content, _Placing)


def _check_depth(content: bytes) -> None:
    """PyYAML calls itself in C for each level, until the process ends without a word."""
    # Levels have a bracket each, or a column of their own, which dashes share: mostly, there are
    # too few of either, and nothing need be parsed twice.
    widest = max(map(len, content.splitlines()), default=0)
    if 2 * widest + content.count(b"[") + content.count(b"{") < _DEPTH:
        return
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise YAMLError(f"more than {_DEPTH} levels within each other\n{event.start_mark}")


def dump_yaml(value: Any) -> str:
    """A YAML document of a value, its keys in the order given."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text
