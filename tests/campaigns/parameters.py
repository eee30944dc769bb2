"""Files in the place of ``params.yaml``: each is taken, or refused in one clear message.

``python -m tests.campaigns.parameters --count 3000 --seed 0``: every file goes through
``read_params``, every hundredth also through a whole first stage, a process of its own.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.settings import read_params
from tests.campaigns.counts import Counts, options
from tests.parameters import COMMITTED
from tests.parameters import PARAMS as COMMITTED_FILE

ROOT = COMMITTED_FILE.parent
PATIENCE = 60
"""Seconds that nothing may take."""
EVERY = 100
"""Of so many files, one goes through a stage."""

TEXT = COMMITTED_FILE.read_text()
LINES = TEXT.splitlines(keepends=True)
PLACES = [
    (*path, key)
    for path, section in [
        ((), COMMITTED),
        *(((name,), section) for name, section in COMMITTED.items()),
        *((("validate", key), value) for key, value in COMMITTED["validate"].items()),
    ]
    if isinstance(section, dict)
    for key in section
]
"""Every section and key of the committed file."""

ODD = (
    None, True, False, 0, -1, 1, 2, 3.5, 10**9, 2**31, 2**63, 10**400, -(10**30), 1e-320, 1e308,
    float("inf"), float("-inf"), float("nan"), "", " ", "null", "cat", "dog", "kaggle", "a\nb",
    "\x1b[31m", "\0", "../..", "ä", "x" * 100_000, [], [1], ["JPEG"], [[[]]], {}, {"min": 1},
    {"min": 2, "max": 1}, {1: 2},
)  # fmt: skip
TRAPS = (
    "yes", "no", "on", "off", "y", "012", "0o12", "0x1f", "0b1", "1_000", "1:30", "2e-05", "2e5",
    "1e999", "+1", "-0", ".5", "5.", "~", "=", "<<", "2001-01-01", "!!int x", "!!int 1",
    "!!float x",
    "!!bool x", "!!timestamp x", "!!binary '*'", "!!set {a}", "!!omap [a: 1]", "!!null x", "!x 1",
    "!!python/name:os.system", "&a [*a]", "&a {b: *a}", "*nowhere", "'", '"', "[", "{", "%", "@",
    "`", "|", ">", "- 1", "? 1", ": 1", "a: b", '"\\ud800"', '"\\0"', '"\\e[31m"', "9" * 5000,
    "{a: 1, a: 2}", "[" * 400 + "]" * 400, "[" * 3000 + "]" * 3000, "{" * 400 + "}" * 400, "\t1",
)  # fmt: skip

Made = tuple[bytes, bool | None]
"""The file, and whether it must be taken (True), refused (False) or may be either (None)."""


def _changed(rng: random.Random, change: Callable[[dict[Any, Any], str], None]) -> Made:
    content = deepcopy(COMMITTED)
    *parents, key = rng.choice(PLACES)
    place: dict[Any, Any] = content
    for parent in parents:
        place = place[parent]
    change(place, key)
    return dump_yaml(content).encode(), None


def as_it_is(rng: random.Random) -> Made:
    newline, mark = rng.choice(["\n", "\r\n", "\r"]), rng.choice(["", "\ufeff"])
    encoding = rng.choice(["utf-8", "utf-16-le", "utf-16-be"]) if mark else "utf-8"
    return (mark + TEXT.replace("\n", newline)).encode(encoding), True


def other_value(rng: random.Random) -> Made:
    return _changed(rng, lambda place, key: place.update({key: deepcopy(rng.choice(ODD))}))


def not_finite(rng: random.Random) -> Made:
    number = float(rng.choice(["inf", "-inf", "nan"]))
    return _changed(rng, lambda place, key: place.update({key: number}))[0], False


def missing(rng: random.Random) -> Made:
    made, _ = _changed(rng, lambda place, key: place.pop(key))
    return made, None  # two settings have defaults


def unknown(rng: random.Random) -> Made:
    key = rng.choice(["epoch", "Data", "1e5", "\x1b[31m", "a" * 10_000, "ключ", "", " "])
    return _changed(rng, lambda place, _: place.update({key: 1}))[0], False


def key_of_another_kind(rng: random.Random) -> Made:
    key = rng.choice([1, None, True, 1.5, (1, 2)])
    return _changed(rng, lambda place, _: place.update({key: 1}))[0], False


def mistyped(rng: random.Random) -> Made:
    def change(place: dict[Any, Any], key: str) -> None:
        at = rng.randrange(len(key))
        place[key[:at] + rng.choice(["", "_", key[at] * 2]) + key[at + 1 :]] = place.pop(key)

    return _changed(rng, change)[0], None  # that which has a default may go


def twice(rng: random.Random) -> Made:
    keyed = [number for number, line in enumerate(LINES) if ":" in line.split("#")[0]]
    number = rng.choice(keyed)
    line = LINES[number]
    if not line.startswith(" "):
        line = line.split(":")[0] + ": {}\n"
        return "".join([*LINES, line]).encode(), False
    return "".join([*LINES[:number], line, *LINES[number:]]).encode(), False


def trap(rng: random.Random) -> Made:
    keyed = [n for n, line in enumerate(LINES) if line.startswith("  ") and ": " in line]
    number = rng.choice(keyed)
    key = LINES[number].split(":")[0]
    return "".join(
        [*LINES[:number], f"{key}: {rng.choice(TRAPS)}\n", *LINES[number + 1 :]]
    ).encode(), None


def nested(rng: random.Random) -> Made:
    depth = rng.choice([10, 999, 1_001, 5_000])
    opened, closed = rng.choice([("[", "]"), ("{a: ", "}"), ("[", ""), ("- ", ""), ("a: [", "]")])
    return (
        rng.choice(["", "data: ", TEXT + "more: "]) + opened * depth + closed * depth
    ).encode(), False


def indented(rng: random.Random) -> Made:
    depth = rng.choice([10, 100, 500, 999, 1001])
    return "".join(" " * level + "a:\n" for level in range(depth)).encode(), False


def many_aliases(rng: random.Random) -> Made:
    levels = rng.choice([3, 9, 30])
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, levels)]
    return (TEXT + "\n".join(lines)).encode(), False


def cut(rng: random.Random) -> Made:
    return TEXT.encode()[: rng.randrange(len(TEXT) - 1000)], False


def flipped(rng: random.Random) -> Made:
    content = bytearray(TEXT.encode())
    for _ in range(rng.choice([1, 2, 10, 100])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content), None


def shuffled(rng: random.Random) -> Made:
    lines = list(LINES)
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines).encode(), None


def spaced(rng: random.Random) -> Made:
    number = rng.randrange(len(LINES))
    space = rng.choice([" ", "  ", "\t", "\u00a0", "\u3000"])
    return "".join([*LINES[:number], space + LINES[number], *LINES[number + 1 :]]).encode(), None


def not_utf8(rng: random.Random) -> Made:
    content = TEXT.encode()
    at = rng.randrange(len(content))
    return content[:at] + rng.choice(
        [b"\xff", b"\xc3\x28", b"\x80", b"\xed\xa0\x80", b"\0"]
    ) + content[at:], False


def other_encoding(rng: random.Random) -> Made:
    return TEXT.replace("±", "ä").encode(
        rng.choice(["latin-1", "cp037", "utf-32", "utf-7"]), "ignore"
    ), None


def noise(rng: random.Random) -> Made:
    return rng.randbytes(rng.choice([1, 10, 1000, 100_000])), False


def no_sections(rng: random.Random) -> Made:
    twice = TEXT.encode() * 2, b"---\n" + TEXT.encode() + b"---\n" + TEXT.encode()
    empty = b"", b"\n", b"#", b"3", b"[]", b"{}", b"~", b"text", b"---\n---\n", b"\xff\xfe"
    return rng.choice([*twice, *empty, b"%YAML 9.9\n---\n{}"]), False


def thousands(rng: random.Random) -> Made:
    return TEXT.encode() + b"".join(
        b"k%d: 1\n" % n for n in range(rng.choice([100, 10_000]))
    ), False


KINDS: tuple[Callable[[random.Random], Made], ...] = (
    as_it_is, other_value, other_value, other_value, not_finite, missing, unknown,
    key_of_another_kind, mistyped, twice, trap, trap, trap, nested, indented, many_aliases, cut,
    flipped, shuffled, spaced, not_utf8, other_encoding, noise, no_sections, thousands,
)  # fmt: skip


def files(count: int, seed: int) -> Iterator[tuple[str, bytes, bool | None]]:
    """``count`` times the kind's name, the file, and what must become of it."""
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        kind = KINDS[number % len(KINDS)]
        yield (kind.__name__, *kind(rng))


def run(count: int, seed: int, every: int = EVERY) -> Counts:
    """Read ``count`` files; every ``every``-th also by a stage."""
    counts = Counts()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        for number, (kind, content, must) in enumerate(files(count, seed)):
            path.write_bytes(content)
            started = time.perf_counter()
            try:
                read_params(path)
                taken, message = True, ""
            except PipelineError as error:
                taken, message = False, str(error)
            except Exception as error:
                counts.fault(number, kind, f"raises {error!r:.200}")
                continue
            counts.add(f"{'taken' if taken else 'refused'}")
            if must is not None and taken != must:
                counts.fault(number, kind, "taken" if taken else f"refused: {message:.300}")
            if time.perf_counter() - started > PATIENCE:
                counts.fault(number, kind, "takes too long")
            if problem := not taken and unclear(message, "params.yaml"):
                counts.fault(number, kind, problem)
            if number % every == every - 1:
                counts.add("by a stage")
                if problem := of_a_stage(Path(folder), "" if taken else "params.yaml"):
                    counts.fault(number, kind, problem)
    for name, make in NO_FILES.items():
        with TemporaryDirectory() as folder:
            make(Path(folder) / "params.yaml")
            counts.add("in the place of a file")
            if problem := of_a_stage(Path(folder), "params.yaml"):
                counts.fault(-1, name, problem)
    return counts


NO_FILES: dict[str, Callable[[Path], Any]] = {
    "a folder": Path.mkdir,
    "nothing": lambda path: None,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to a folder": lambda path: path.symlink_to("."),
}


def unclear(message: str, named: str) -> str:
    """What is wrong with a message, if anything is."""
    if named not in message:
        return f"does not name the file: {message:.200}"
    if len(message) > 10_000:
        return f"{len(message)} characters: {message:.200}"
    strange = [c for c in message if not c.isprintable() and c != "\n"]
    return f"reaches the terminal raw: {strange[:5]}" if strange else ""


def of_a_stage(folder: Path, named: str) -> str:
    """What is wrong with how the first stage ends on the file in ``folder``, if anything is.

    A file that is taken ends it too, without an archive.
    """
    try:
        ended = subprocess.run(
            [sys.executable, ROOT / "pipeline/download.py"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "DOGS_VS_CATS_ARCHIVE": str(folder / "nowhere"),
            },
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the stage takes too long"
    said = ended.stderr.decode(errors="replace")
    if ended.returncode != 1 or not said.startswith("error: ") or "Traceback" in said:
        return f"the stage ends with {ended.returncode}: {said:.300}"
    if [path.name for path in folder.iterdir()] not in ([], ["params.yaml"]):
        return "the stage leaves something behind"
    return unclear(said, named)


if __name__ == "__main__":
    asked = options(__doc__, count=3000)
    run(asked.count, asked.seed).end()
