"""What a check looks at, and what it says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dogs_vs_cats.settings import Params

Verdict = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """What a check saw."""

    subject: str
    value: str
    verdict: Verdict = "ok"
    """note: worth knowing; problem: the pipeline cannot run as it is set."""
    advice: str = ""
    """What to do about a note or a problem."""


@dataclass(frozen=True)
class Situation:
    """What is looked at."""

    root: Path
    """Of the project."""
    params: Params
    port: int
    """That `make ui` would listen on."""
