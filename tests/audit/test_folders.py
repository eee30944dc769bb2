"""Stages that depend on a folder which several other stages fill."""

import pytest
from tiny_project import TinyProject

from dogs_vs_cats.audit.history import History
from dogs_vs_cats.audit.provenance import code_files
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.tracking.lineage import Recorded, read_lock

# The order of their names is neither that of the stages nor of the digests.
PARTS = ("b.txt", "a.txt", "B-ä.txt", "a/b.txt", "c d.txt")
COUNT = "python -c \"open('count.txt', 'w').write('counted')\""


def write_part(name: str) -> str:
    """A command that copies a part's own source into the folder."""
    program = (
        f"from pathlib import Path; p = Path('parts/{name}');"
        f" p.parent.mkdir(parents=True, exist_ok=True);"
        f" p.write_bytes(Path('sources/{name}').read_bytes())"
    )
    return f'python -c "{program}"'


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> TinyProject:
    """A real DVC project: a stage a part, and one that depends on the folder of all parts."""
    project = TinyProject(tmp_path_factory.mktemp("folders"))
    project.git("init", "--quiet")
    project.dvc("init", "--quiet")
    project.write(".dvc/config", "[core]\n    analytics = false\n    check_update = false\n")
    project.write(".gitignore", "/parts/\n")
    stages = {}
    for number, name in enumerate(PARTS):
        project.write(f"sources/{name}", f"content of {name}")
        stages[f"part_{number}"] = {
            "cmd": write_part(name),
            "deps": [f"sources/{name}"],
            "outs": [f"parts/{name}"],
        }
    stages["count"] = {"cmd": COUNT, "deps": ["parts"], "outs": [{"count.txt": {"cache": False}}]}
    project.write("dvc.yaml", dump_yaml({"stages": stages}))
    project.dvc("repro", "--quiet")
    return project


def recorded(project: TinyProject) -> dict[str, Recorded]:
    lock = read_lock(project.folder / "dvc.lock")
    return {out.path: out for stage in lock.stages.values() for out in stage.outs.values()}


def test_a_folder_that_dvc_hashed_is_known_to_hold_the_files_of_its_makers(parts):
    lock = read_lock(parts.folder / "dvc.lock")
    stage = lock.stages["count"]
    files = recorded(parts)
    other = Recorded("parts/b.txt", "0" * 32, 1, 1)

    assert set(stage.deps) == {"parts"}
    direct = [name for name in PARTS if "/" not in name]
    assert all(lock.ran_with(stage, files[f"parts/{name}"]) for name in direct)
    assert not lock.ran_with(stage, other)
    assert not lock.ran_with(stage, Recorded("parts/none.txt", "0" * 32, 1, 1))


def test_a_part_that_was_made_anew_is_not_what_the_stage_before_ran_with(parts):
    before = (parts.folder / "dvc.lock").read_text()
    parts.write("sources/a.txt", "other content")
    try:
        parts.dvc("repro", "--quiet", "part_1")
        lock = read_lock(parts.folder / "dvc.lock")
        new = recorded(parts)["parts/a.txt"]
    finally:
        parts.write("sources/a.txt", "content of a.txt")
        parts.dvc("repro", "--quiet")

    assert not lock.ran_with(lock.stages["count"], new)
    assert (parts.folder / "dvc.lock").read_text() == before


def test_a_model_learned_from_a_folder_follows_from_the_pictures_of_all_its_makers(project):
    """Half of the features from each split, then a training from both."""
    for name, split in (("one", "train"), ("two", "validation")):
        project.write(f"data/halves/{name}.npy", f"features of {split}")
    project.add_stage("half_one", ["data/splits/train"], ["data/halves/one.npy"])
    project.add_stage("half_two", ["data/splits/validation"], ["data/halves/two.npy"])
    project.write("data/models/of_halves.keras", "a model")
    project.add_stage("train_of_halves", ["data/halves"], ["data/models/of_halves.keras"])
    project.commit("Halves")

    models = History(project.root).models
    model = models[project.md5("data/models/of_halves.keras")]

    assert set(model.splits) == {"train", "validation"}
    document = project.audit_json("run", "data/models/of_halves.keras")
    assert document["data"]["version"]
    assert set(document["code"]["files"]) == {f"pipeline/{n}.py" for n in ("download", "split")}

    # A half that was made of other pictures since, without a new training.
    lock = project.path("dvc.lock").read_text()
    old = project.md5("data/halves/two.npy")
    project.write("dvc.lock", lock.replace(old, "f" * 32))
    model = History(project.root).models[project.md5("data/models/of_halves.keras")]
    assert set(model.splits) == {"train", "validation"}


def test_a_file_in_a_folder_that_a_stage_makes_is_no_code(project):
    project.write("count.txt", "1")
    project.add_stage("count", ["data/features/train.npy", "pipeline/train.py"], ["count.txt"])
    lock = read_lock(project.path("dvc.lock"))

    assert list(code_files(lock, [lock.stages["count"]])) == ["pipeline/train.py"]
