from typing import Any

import pytest

from dogs_vs_cats.project.yaml_text import YAMLError, load_yaml


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "'a' is there twice(.|\n)*line 3"),
        ("a: {b: 1, b: 1}", "'b' is there twice"),
        ("- 1: x\n  0x1: y", "1 is there twice"),
        ("a: " + "9" * 5000, "is no int(.|\n)*line 1"),
        ("a: 1\nb: !!timestamp x", "'x' is no timestamp(.|\n)*line 2"),
        ("a: !!bool maybe", "'maybe' is no bool"),
        ("a: " + 1001 * "[" + 1001 * "]", "more than 1000 levels(.|\n)*line 1"),
        ("a: " + 9000 * "[" + 9000 * "]", "more than 1000 levels"),
        ("? [1, 2]\n: 3", "unhashable"),
        (1001 * "- " + "a", "more than 1000 levels"),
        ("".join(f"{level * ' '}a:\n" for level in range(1002)), "more than 1000 levels"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(text: str, told: str) -> None:
    for content in (text, text.encode()):
        with pytest.raises(YAMLError, match=told):
            load_yaml(content)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: {a: 1}\nc: {a: 1}", {"a": 1, "b": {"a": 1}, "c": {"a": 1}}),
        ("[" + "[], " * 10_000 + "]", [[]] * 10_000),
        ("a: " + "x" * 10_000, {"a": "x" * 10_000}),
    ],
)
def test_what_means_something_is_read(text: str, value: Any) -> None:
    assert load_yaml(text) == value
