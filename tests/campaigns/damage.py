"""Damage pictures and archives at random, and count what ``split`` makes of them.

    python -m tests.campaigns.damage --archive dogs-vs-cats.zip

Without ``--archive`` the pictures are drawn. The same seed does the same damage.
"""

import argparse
import io
import random
import re
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stderr
from pathlib import Path

import numpy as np
from PIL import Image

from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import unusable_because, usable_pictures
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SplitSettings

CLASSES = ("cat", "dog")
SETTINGS = SplitSettings(
    strategy="first",
    seed=0,
    train=1,
    validation=1,
    test=1,
    by="file",
    groups="",
    formats=("JPEG",),
    modes=("RGB",),
    max_bytes=20_000_000,
    max_pixels=50_000_000,
)
VISIBLE = 0.1
"""Share of changed pixels from which a picture counts as another one."""
EOI = b"\xff\xd9"
Damage = Callable[[random.Random, bytes, int], bytes]
"""Makes of sound bytes damaged ones; of a picture, the number is where its scan begins."""


def cut(rng: random.Random, content: bytes, start: int) -> bytes:
    """The rest is missing, but the picture is closed again."""
    return content[: rng.randrange(start, len(content) - 100)] + EOI


def zeroed(rng: random.Random, content: bytes, start: int) -> bytes:
    """A stretch of zeros, as after a power cut."""
    at, length = _stretch(rng, content, start)
    return content[:at] + bytes(length) + content[at + length :]


def spliced(rng: random.Random, content: bytes, start: int) -> bytes:
    """A stretch of elsewhere in the same file, as on a disk with crossed blocks."""
    at, length = _stretch(rng, content, start)
    source = rng.randrange(start, len(content) - length)
    return content[:at] + content[source : source + length] + content[at + length :]


def dropped(rng: random.Random, content: bytes, start: int) -> bytes:
    """A stretch is missing."""
    at, length = _stretch(rng, content, start)
    return content[:at] + content[at + length :]


def flipped(rng: random.Random, content: bytes, start: int) -> bytes:
    """One bit is another."""
    at = rng.randrange(start, len(content) - 2)
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def truncated(rng: random.Random, content: bytes, start: int) -> bytes:
    """The end is missing, as after a download that broke off."""
    return content[: rng.randrange(start, len(content))]


def directory(rng: random.Random, content: bytes, start: int) -> bytes:
    """A byte of the zip's directories or their ends is any other."""
    records = [m.start() for m in re.finditer(rb"PK(\x01\x02|\x05\x06|\x03\x04)", content)] or [
        start
    ]
    at = min(rng.choice(records) + 4 + rng.randrange(42), len(content) - 1)
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _stretch(rng: random.Random, content: bytes, start: int) -> tuple[int, int]:
    length = min(rng.randrange(16, 1024), (len(content) - start) // 4)
    return rng.randrange(start, len(content) - length - 2), length


OF_PICTURES: tuple[Damage, ...] = (cut, zeroed, spliced, dropped, flipped)
OF_ARCHIVES: tuple[Damage, ...] = (directory, truncated, zeroed, spliced, dropped, flipped)


def scan_of(content: bytes) -> int:
    """Where the entropy-coded data of a JPEG begin."""
    at = 2
    while True:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        at += 2 + length
        if marker == 0xDA:
            return at


def damaged_pictures(sound: Sequence[bytes], count: int, seed: int) -> Counter[tuple[str, str]]:
    """Damage pictures; counts by the kind of damage and what came of it."""
    rng, counts = random.Random(seed), Counter[tuple[str, str]]()
    for number in range(count):
        damage, before = OF_PICTURES[number % len(OF_PICTURES)], rng.choice(sound)
        after = damage(rng, before, scan_of(before))
        counts[damage.__name__, _judged(before, after)] += 1
    return counts


def _judged(before: bytes, after: bytes) -> str:
    if after == before:
        return "same bytes"
    try:
        if unusable_because(after, SETTINGS):
            return "caught"
    except Exception:
        traceback.print_exc(file=sys.__stderr__)
        return "traceback"
    pixels = [
        np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) for content in (before, after)
    ]
    same_size = pixels[0].shape == pixels[1].shape
    changed = (pixels[0] != pixels[1]).any(-1).mean() if same_size else 1.0
    return "missed, visible" if changed > VISIBLE else "missed, slight"


def damaged_archives(sound: Sequence[bytes], count: int, seed: int) -> Counter[tuple[str, str]]:
    """Damage archives of four pictures a class and split them; counts as above."""
    rng, counts = random.Random(seed), Counter[tuple[str, str]]()
    for number in range(count):
        damage = OF_ARCHIVES[number % len(OF_ARCHIVES)]
        pictures = rng.sample(sound, 8)
        content = damage(rng, _archive(rng, pictures), 0)
        counts[damage.__name__, _split(content, set(pictures))] += 1
    return counts


def _archive(rng: random.Random, pictures: Sequence[bytes]) -> bytes:
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    names = [f"train/{label}.{number}.jpg" for label in CLASSES for number in range(4)]
    members = dict(zip(names, pictures, strict=True))
    content = _zipped(members, rng.choice([method, zipfile.ZIP_LZMA]))
    return _zipped({"train.zip": content}, method) if rng.random() < 0.5 else content


def _zipped(members: dict[str, bytes], method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def _split(content: bytes, pictures: set[bytes]) -> str:
    with tempfile.TemporaryDirectory() as place, redirect_stderr(io.StringIO()):
        path, splits = Path(place, "archive.zip"), Path(place, "splits")
        path.write_bytes(content)
        try:
            with open_archive(path, CLASSES) as archive:
                usable, reasons = usable_pictures(archive, SETTINGS)
                write_splits(archive, choose(usable, CLASSES, SETTINGS)[0], splits)
        except PipelineError:
            return "refused"
        except Exception:
            traceback.print_exc(file=sys.__stderr__)
            return "traceback"
        if not {file.read_bytes() for file in splits.rglob("*.jpg")} <= pictures:
            return "changed bytes taken"
        return "damaged left out" if reasons or archive.others else "unharmed"


def drawn(count: int, seed: int) -> list[bytes]:
    """Pictures with large and small shapes, so that their codes are as mixed as a photo's."""
    rng, pictures = np.random.default_rng(seed), []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).resize((160, 120))
        noise = rng.normal(0, 8, (120, 160, 3))
        content = io.BytesIO()
        Image.fromarray((np.asarray(coarse) + noise).clip(0, 255).astype(np.uint8)).save(
            content, "JPEG", quality=int(rng.integers(60, 95))
        )
        pictures.append(content.getvalue())
    return pictures


def sound_pictures(archive: Path) -> list[bytes]:
    """The usable pictures of an archive, and on the terminal how many there are."""
    with tempfile.TemporaryDirectory(dir=".") as place, ExitStack() as stack:
        # A train.zip inside is unpacked beside the archive, where others may not write.
        link = Path(place, "archive.zip")
        link.symlink_to(archive.resolve())
        opened = stack.enter_context(open_archive(link, CLASSES))
        usable, reasons = usable_pictures(opened, SETTINGS)
        print(f"{len(usable)} sound pictures; {len(reasons)} left out of {archive.name}")
        return [opened.read(picture) for picture in usable]


def table(title: str, counts: Counter[tuple[str, str]]) -> str:
    """The counts as a Markdown table, a row a kind of damage."""
    kinds = list(dict.fromkeys(kind for kind, _ in counts))
    results = sorted({result for _, result in counts})
    rows = [[kind, *(str(counts[kind, result]) for result in results)] for kind in kinds]
    total = [str(sum(counts[kind, result] for kind in kinds)) for result in results]
    lines = [[title, *results], ["---"] * (len(results) + 1), *rows, ["all", *total]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, help="take its pictures instead of drawn ones")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--archives", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sound = sound_pictures(given.archive) if given.archive else drawn(200, given.seed)
    pictures = damaged_pictures(sound, given.pictures, given.seed)
    archives = damaged_archives(sound, given.archives, given.seed)
    print(table("pictures", pictures), table("archives", archives), sep="\n\n")
    bad = ("traceback", "changed bytes taken")
    sys.exit(any(result in bad for counts in (pictures, archives) for _, result in counts))


if __name__ == "__main__":
    main()
