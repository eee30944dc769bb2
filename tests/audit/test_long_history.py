"""The audit's commands on a long history: 50 revisions, each with its own data, and 100 runs."""

import hashlib
import json
import subprocess

import pytest

from dogs_vs_cats.data.splitting.split import MANIFEST_COLUMNS
from dogs_vs_cats.settings import SPLITS

REVISIONS = 50
RUNS = 100
PICTURES = {"train": 2000, "validation": 1000, "test": 1000}


@pytest.fixture
def long_history(project):
    """Each revision replaces one training picture and trains anew."""
    content = {
        split: [f"{split} {number}".encode() for number in range(count)]
        for split, count in PICTURES.items()
    }
    for pictures in content.values():
        for picture in pictures:
            project._keep(hashlib.md5(picture).hexdigest(), picture)
    first = project.git("branch", "--show-current")
    lock = project.path("dvc.lock").read_text()
    # As long as a real one: 14 stages, most of it the digests of code.
    padding = "".join(
        f"    - path: src/dogs_vs_cats/module_{i}.py\n      hash: md5\n      md5: '{i:032d}'\n"
        "      size: 1\n"
        for i in range(250)
    )
    padding = f"  other:\n    cmd: python other.py\n    deps:\n{padding}"
    places = {p: project.recorded_md5(p) for p in ("data/manifest.csv", *_folders())}
    models = {
        method: project.recorded_md5(f"data/models/{method}.keras")
        for method in ("small_convnet", "feature_extraction")
    }
    features = project.recorded_md5("data/features")
    commits, made = [], []
    for revision in range(REVISIONS):
        picture = f"train new {revision}".encode()
        project._keep(hashlib.md5(picture).hexdigest(), picture)
        content["train"][revision] = picture
        text = lock
        for path, md5 in _write_version(project, content).items():
            text = text.replace(places[path], md5)
        for name, md5 in {**models, "features": features}.items():
            fresh = hashlib.md5(f"{name} {revision}".encode()).hexdigest()
            text = text.replace(md5, fresh + md5[32:])
            if name in models:
                made.append((name, fresh))
        commits.append(_commit(revision, f"{text}{padding}"))
    subprocess.run(
        ("git", "-C", project.root, "fast-import", "--quiet", "--force"),
        input=b"".join(commits),
        check=True,
    )
    project.git("symbolic-ref", "HEAD", "refs/heads/long")
    project.git("checkout", "--force", "--quiet", "long")
    project.git("branch", "--delete", "--force", "--quiet", first)
    runs = [
        project.log_run(method, {"dvc.model_md5": md5}, {"test_accuracy": 0.9})
        for method, md5 in made[:RUNS]
    ]
    return project, runs


def _folders() -> list[str]:
    return [f"data/splits/{split}" for split in SPLITS]


def _write_version(project, content) -> dict[str, str]:
    """Put manifest and listings into the cache; the MD5 of each by path."""
    written = {}
    lines = [",".join(MANIFEST_COLUMNS)]
    for split, pictures in content.items():
        names = [f"{('cat', 'dog')[n % 2]}/picture.{n:05}.jpg" for n in range(len(pictures))]
        files = sorted(zip(names, pictures, strict=True))
        listing = json.dumps(
            [{"md5": hashlib.md5(bytes_).hexdigest(), "relpath": name} for name, bytes_ in files]
        ).encode()
        written[f"data/splits/{split}"] = f"{hashlib.md5(listing).hexdigest()}.dir"
        project._keep(written[f"data/splits/{split}"], listing)
        lines += [
            f"{split},{name[:3]},{split}/{name},{hashlib.sha256(bytes_).hexdigest()},60,50,9,0"
            for name, bytes_ in files
        ]
    manifest = ("\n".join(lines) + "\n").encode()
    written["data/manifest.csv"] = hashlib.md5(manifest).hexdigest()
    project._keep(written["data/manifest.csv"], manifest)
    return written


def _commit(number: int, lock: str) -> bytes:
    """A commit of ``dvc.lock`` in the format of ``git fast-import``."""
    content, subject = lock.encode(), f"Revision {number}"
    return (
        (
            f"commit refs/heads/long\ncommitter A. Tester <t@example.org> {1_700_000_000 + number}"
            f" +0000\ndata {len(subject)}\n{subject}\nM 100644 inline dvc.lock\n"
            f"data {len(content)}\n"
        ).encode()
        + content
        + b"\n"
    )


def test_commands_tell_all_of_a_long_history(long_history):
    project, runs = long_history
    picture = hashlib.sha256(b"train 1999").hexdigest()  # in every version
    versions = project.audit_json("versions")["versions"]
    seen = project.audit_json("picture", picture)["seen"]
    states = (("HEAD~40", "HEAD"), (runs[0], runs[99]))
    changed = [len(project.audit_json("diff", *two)["pictures"]["changed"]) for two in states]
    project.audit_json("run", runs[40])
    findings = project.audit_json("check")["findings"]

    assert len(versions) == REVISIONS
    assert {run["run"] for version in versions for run in version["runs"]} == set(runs)
    assert all(version["bytes"]["state"] == "here" for version in versions)
    assert len(seen) == REVISIONS
    assert all(len(place["models"]) == 2 for place in seen)
    assert changed == [40, 49]
    assert "missing" in {finding["kind"] for finding in findings}


def test_check_reads_every_picture_and_finds_each_that_is_not_recorded(project):
    content = bytes(10_000)
    for number in range(50):
        project.write(f"data/splits/train/cat/{number}.jpg", content + bytes([number]))
    document = project.audit_json("check")

    assert document["bytes"] > 50 * len(content)
    assert len(document["findings"]) == 50
