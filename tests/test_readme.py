"""README says what the committed results say, and both of its languages say the same."""

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pandas as pd
import pytest

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.methods import METHODS

ROOT = Path(__file__).parents[1]
ENGLISH, KOREAN = (ROOT / name for name in ("README.md", "README.ko.md"))
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[str]:
    """Headings, paragraphs, lists, tables and blocks of code, in order; a file of Korean has the
    name of its English counterpart."""
    text = path.read_text(encoding="utf-8").replace(".ko.", ".")
    return [block for block in re.split(r"\n{2,}", text) if block.strip()]


def kind(block: str) -> str:
    """What a block begins with: "##", "-", "|", "```", or nothing for a paragraph."""
    found = re.match(r"#+(?= )|-(?= )|\||```", block)
    return found.group() if found else ""


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)*", text)


def code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text)


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_both_languages_have_the_same_blocks_of_code() -> None:
    english, korean = (
        _FENCED.findall(path.read_text(encoding="utf-8")) for path in (ENGLISH, KOREAN)
    )
    assert korean == english


def test_both_languages_have_the_same_structure() -> None:
    pairs = list(zip_longest(blocks(ENGLISH), blocks(KOREAN), fillvalue=""))
    first = next((pair for pair in pairs if kind(pair[0]) != kind(pair[1])), None)
    assert first is None, f"From here on the two differ:\n{first[0]}\n---\n{first[1]}"
    assert len(blocks(ENGLISH)) == len(blocks(KOREAN))


@pytest.mark.parametrize("found", [numbers, code, links])
def test_both_languages_say_the_same_in_each_row_and_paragraph(
    found: Callable[[str], list[str]],
) -> None:
    """Whoever changes a figure or a command in one must change it in the other."""
    differing = []
    for english, korean in zip(blocks(ENGLISH), blocks(KOREAN), strict=True):
        split = str.splitlines if kind(english) == "|" else lambda block: [block]
        for mine, other in zip_longest(split(english), split(korean), fillvalue=""):
            here, there = Counter(found(mine)), Counter(found(other))
            if here != there:
                only = f"README.md alone: {[*(here - there).elements()]}"
                others = f"README.ko.md alone: {[*(there - here).elements()]}"
                differing.append(f"{only}, {others}, in:\n{mine}\n{other}")
    assert not differing, "\n\n".join(differing)


def test_each_language_leads_to_the_other() -> None:
    first = {path: path.read_text(encoding="utf-8").split("\n")[2] for path in (ENGLISH, KOREAN)}
    assert links(first[ENGLISH]) == [KOREAN.name]
    assert links(first[KOREAN]) == [ENGLISH.name]


def test_the_accuracies_are_those_of_the_committed_results() -> None:
    evaluation = json.loads((ROOT / "reports/evaluation.json").read_text(encoding="utf-8"))
    text = ENGLISH.read_text(encoding="utf-8")
    for method in METHODS:
        scores = evaluation[method]
        told = f"{scores['accuracy']:.1%} ({scores['accuracy_low']:.1%} to"
        told += f" {scores['accuracy_high']:.1%}) | {scores['roc_auc']:.4f}"
        assert any(f"| `{method}` |" in row and told in row for row in rows(text)), (method, told)


def test_the_bases_accuracies_are_those_of_the_committed_results() -> None:
    text = ENGLISH.read_text(encoding="utf-8")
    for base in pd.read_csv(ROOT / "reports/backbones.csv").to_dict("records"):
        told = f"| {BACKBONES[base['backbone']].title} | {base['image_size']} |"
        told += f" {100 * base['validation_accuracy']:.1f} % | {base['accuracy']:.1%}"
        told += f" ({base['accuracy_low']:.1%} to {base['accuracy_high']:.1%}) |"
        told += f" {base['multiply_adds'] / 1e9:.2f} |"
        assert told in rows(text), told
