import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import jpeg
from lecture import AUGMENTATION
from PIL import Image

from benchmarks import accuracy, measuring, memory, subjects
from benchmarks.data import link_pictures, linked, small_part
from benchmarks.gpu import refusals
from benchmarks.jobs import Result, machine, reference
from benchmarks.run import earlier, measure, peer_pythons, precisions_of
from benchmarks.subjects import Plan, line
from benchmarks.summary import ratios, table
from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import load_yaml
from dogs_vs_cats.settings import SPLITS, BackboneSettings, read_params
from dogs_vs_cats.training.epochs import training_batches
from dogs_vs_cats.training.inputs import augmented_pictures

SIZE = 64
CLASSES = ("cat", "dog")


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Pictures of the size that both ways ask for, since each way scales differently."""
    for label, name in enumerate(CLASSES):
        (tmp_path / "split" / name).mkdir(parents=True)
        for number in range(13):
            content = jpeg(2 * number + label, SIZE, SIZE)
            (tmp_path / "split" / name / f"{number:02}.jpg").write_bytes(content)
    return tmp_path / "split"


def test_both_ways_extract_the_same_features(split: Path, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    conv_base = build("vgg16", SIZE)
    backbone = BackboneSettings(name="vgg16", weights="", preprocessing="imagenet", image_size=SIZE)
    bank_features(conv_base, backbone, list_pictures(split, CLASSES), tmp_path / "ours.npy")
    reference.extract(conv_base, split, tmp_path / "reference.npy", SIZE)
    ours, labels = open_bank(tmp_path / "ours.npy")
    theirs = np.load(tmp_path / "reference.npy")
    # Two JPEG decoders differ by a grey level here and there.
    np.testing.assert_allclose(ours[0], theirs, atol=0.02 * float(theirs.max()))
    np.testing.assert_array_equal(labels, np.load(tmp_path / "reference.labels.npy"))


def test_both_ways_give_equal_batches_of_augmented_pictures_of_both_classes(split: Path) -> None:
    source = augmented_pictures(split, CLASSES, SIZE, AUGMENTATION)
    stream = training_batches(source, 1, 20, seed=0).stream(source)
    ours = [(x.numpy(), y.numpy()) for x, y in stream]
    generator = reference.flow(split, SIZE, **reference.AUGMENTATION)
    theirs = [generator[index] for index in range(len(generator))]
    for batches in (ours, theirs):
        assert [len(x) for x, _ in batches] == [20, 6]
        assert sum(float(np.sum(y)) for _, y in batches) == 13
    means = [float(np.mean(np.concatenate([x for x, _ in batches]))) for batches in (ours, theirs)]
    assert means[0] == pytest.approx(means[1], rel=0.1)


def test_the_usual_fine_tuning_goes_on_from_the_head_that_was_trained_on_the_frozen_base(
    split: Path, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    layout = Layout(tmp_path)
    layout.splits.mkdir(parents=True)
    for name in SPLITS:
        (layout.splits / name).symlink_to(split)
    imagenet = build("vgg16", reference.SIZE)
    layout.weights.parent.mkdir()
    imagenet.save_weights(layout.weights)
    models = {}
    for method, start in (("frozen_base", None), ("fine_tuning", "frozen_base")):
        result = reference.accuracy(method, str(tmp_path), 1, str(tmp_path), start)()
        assert 26 * result["accuracy"] == pytest.approx(round(26 * result["accuracy"]))
        models[method] = reference.build(method, layout.weights)
        models[method].load_weights(tmp_path / f"{method}.weights.h5")
    frozen, tuned = models["frozen_base"], models["fine_tuning"]
    for given, trained in zip(imagenet.layers, tuned.layers[0].layers, strict=True):
        for before, after in zip(given.get_weights(), trained.get_weights(), strict=True):
            assert np.array_equal(before, after) != given.name.startswith("block5")
    for before, after in zip(
        frozen.layers[2].get_weights(), tuned.layers[2].get_weights(), strict=True
    ):
        np.testing.assert_allclose(before, after, atol=1e-3)


def test_links_repeat_pictures_under_other_names_and_keep_classes_equal(
    split: Path, tmp_path: Path
) -> None:
    linked = link_pictures(split, 60, tmp_path / "linked")
    pictures = list_pictures(linked, CLASSES)
    assert len(pictures.paths) == 60
    assert pictures.labels.sum() == 30
    assert len({path.resolve() for path in pictures.paths}) == 26


class Turn:
    def __init__(self, name: str, calls: list[str], values: Iterator[float]) -> None:
        self.name, self.calls, self.values = name, calls, values

    def __call__(self) -> Result:
        self.calls.append(self.name)
        return {"seconds": next(self.values)}


def test_sides_take_turns_and_the_ratio_is_that_of_each_round() -> None:
    calls: list[str] = []
    sides = {
        "ours": Turn("ours", calls, iter([2.0, 4.0, 2.0])),
        "reference": Turn("reference", calls, iter([1.0, 8.0, 1.0])),
    }
    results = measuring.take_turns(sides, 3)
    assert calls == ["ours", "reference"] * 3
    seconds = {side: measuring.column(each, "seconds") for side, each in results.items()}
    assert measuring.ratio(seconds["reference"], seconds["ours"]) == {
        "median": 0.5,
        "min": 0.5,
        "max": 2.0,
    }


def test_a_side_that_was_measured_once_stands_against_every_round_of_the_other() -> None:
    assert measuring.ratio([100.0], [10.0, 20.0]) == {"median": 7.5, "min": 5.0, "max": 10.0}


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(measuring.PipelineError, match=r"FileNotFoundError: nowhere\.py"):
        measuring.alone(measuring.Job("stages:start_up", {"script": "nowhere.py"}))


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(measuring.NotInstalledError, match="absent"):
        measuring.alone(measuring.Job("absent:anything"))


def test_the_table_shows_what_was_measured_and_nothing_else() -> None:
    rate = {"median": 180.0, "min": 170.0, "max": 190.0}
    ratio = {"median": 6.0, "min": 5.5, "max": 6.5}
    memory = {"peak_bytes": 2**30, "peak_anonymous_bytes": 2**29}
    features = {
        "pictures_per_second": {"ours": rate, "ratio": ratio},
        "memory": {"ours": memory, "reference": memory},
    }
    machine = {"device": "CPU", "precision": "bfloat16", "versions": {"tensorflow": "2.21"}}
    share = {"median": 0.24, "min": 0.23, "max": 0.25}
    shares = {key: {"efficientnet_lite0-150": share} for key in ("share", "cpu_share")}
    backbones = {"features": shares, "views": shares}
    content = {"machine": machine, "subjects": {"features": features, "backbones": backbones}}
    text = table(content)
    row = "efficientnet_lite0-150 | 0.24 (0.23 to 0.25) | 0.24 (0.23 to 0.25) | 0.25 |"
    assert f"| features | {row}" in text
    assert f"| views | {row}" in text
    assert "| features | 6 (5.5 to 6.5) | 1.9 |" in text
    assert "| features | 1,024 | 512 | 1,024 |" in text
    assert "one pass" not in text
    assert list(ratios(content["subjects"])) == ["features"]


def test_accuracies_join_earlier_ones_and_longer_trainings_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    layout.splits.mkdir(parents=True)
    layout.weights.parent.mkdir()
    layout.weights.touch()
    score = {"accuracy": 0.9, "pictures": 1000}
    write_json(tmp_path / "reports" / "evaluation.json", dict.fromkeys(METHODS, score))
    monkeypatch.setattr(accuracy, "describe", lambda: {"device": "CPU"})
    out = tmp_path / "out"

    def run(method: str, rounds: list[float], policy: str = "float32") -> list[str]:
        results = [{"epochs": 10 * i, "accuracy": a} for i, a in enumerate(rounds, start=1)]
        monkeypatch.setattr(accuracy, "train", lambda *_: iter(results))
        arguments = ["--only", method, "--policy", policy, "--data", str(tmp_path)]
        accuracy.command([*arguments, "--out", str(out)], standalone_mode=False)
        return (out / "accuracy.md").read_text().splitlines()[4:]

    ours = "90.0% (88.0% to 91.7%)"
    small = f"| small convnet | {ours} | 70.0% (67.1% to 72.8%) | 30 | float32 |"
    assert run("small_convnet", [0.6, 0.65, 0.7]) == [small]
    frozen = f"| frozen base | {ours} | 80.0% (77.4% to 82.4%) | 20 of 30 | mixed_bfloat16 |"
    assert run("frozen_base", [0.75, 0.8], "mixed_bfloat16") == [small, frozen]
    assert run("small_convnet", [0.5, 0.5]) == [small, frozen]
    assert run("small_convnet", [0.5, 0.5, 0.5], "mixed_bfloat16") == [small, frozen]
    frozen = f"| frozen base | {ours} | 82.0% (79.5% to 84.3%) | 20 of 30 | float32 |"
    assert run("frozen_base", [0.75, 0.82]) == [small, frozen]
    assert sorted(path.name for path in out.iterdir()) == ["accuracy.json", "accuracy.md"]
    write_json(out / "accuracy.json", {"small_convnet": {"ours": score, "rounds": []}})
    with pytest.raises(measuring.PipelineError, match=r"accuracy\.json is damaged"):
        run("frozen_base", [0.8])


def test_accuracies_of_a_project_that_was_not_evaluated_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(measuring.PipelineError, match="Run `make repro` first"):
        accuracy.read_ours(tmp_path)


def test_bfloat16_is_measured_only_where_this_machine_computes_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[list[str]] = []

    def interleaved(jobs: Mapping[str, measuring.Job], rounds: int) -> dict[str, list[Result]]:
        measured.append(list(jobs))
        one = {"pictures_per_second": 1.0, "peak_bytes": 1, "peak_anonymous_bytes": 1}
        return {name: [one] for name in jobs}

    monkeypatch.setattr(subjects, "interleaved", interleaved)
    (tmp_path / "features").mkdir()
    params = read_params(measuring.ROOT / "params.yaml")
    for precision in ("bfloat16", "float32"):
        precisions = precisions_of({"precision": precision})
        plan = Plan(Layout(tmp_path), params, tmp_path, rounds=1, precisions=precisions)
        subjects.features(plan, {})
    assert measured == [["ours", "reference", "reference_bfloat16"], ["ours", "reference"]]


def test_the_usual_fine_tuning_alone_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(measuring.PipelineError, match="add --only frozen_base"):
        accuracy.chains_of(["fine_tuning"])
    assert accuracy.chains_of(["fine_tuning", "frozen_base"]) == [["frozen_base", "fine_tuning"]]
    assert sum(len(chain) for chain in accuracy.chains_of([])) == 5


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_training_step_is_timed_with_xla_and_without(jit_compile: bool) -> None:
    with dtype_policy("float32"):  # the job sets another for its process
        measured = machine.training_step("float32", jit_compile, batch_size=2, steps=1)()
    assert measured["steps_per_second"] > 0


def test_linear_growth_is_recognised() -> None:
    fit = line([1.0, 2.0, 4.0, 8.0], [12.0, 14.0, 18.0, 26.0])
    assert fit["at_zero"] == pytest.approx(10)
    assert fit["per_picture"] == pytest.approx(2)
    assert fit["r_squared"] == pytest.approx(1)


def test_what_is_not_as_it_should_be_on_a_gpu_is_named() -> None:
    seen = {
        "variables_on": ["/device:GPU:0"],
        "optimizer_on": ["/device:GPU:0"],
        "result_on": "/device:GPU:0",
        "memory_growth": [True],
        "compute_dtype": "bfloat16",
        "precision": "bfloat16",
    }
    assert refusals(seen) == []
    assert "not on the GPU" in refusals({**seen, "variables_on": ["/device:CPU:0"]})[0]
    assert "not on the GPU" in refusals({**seen, "result_on": "/device:CPU:0"})[0]
    assert "grow" in refusals({**seen, "memory_growth": [True, False]})[0]
    assert "precision" in refusals({**seen, "compute_dtype": "float32"})[0]


def test_a_subject_that_builds_on_another_says_so_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    params = read_params(measuring.ROOT / "params.yaml")
    plan = Plan(Layout(tmp_path), params, tmp_path, rounds=1, pictures=1, growth=1)
    with pytest.raises(measuring.PipelineError, match="comparison builds on features"):
        measure(plan, ["comparison"], {}, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [("torch", "NAME=PATH"), ("caffe=/bin/sh", "knows"), ("torch=/nowhere/python", "no program")],
)
def test_a_peer_that_cannot_be_started_is_refused_at_once(given: str, said: str) -> None:
    with pytest.raises(measuring.PipelineError, match=said):
        peer_pythons([given])


def test_results_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    write_json(tmp_path / "benchmarks.json", {"machine": {"gpus": 0}, "subjects": {"growth": {}}})
    assert earlier(tmp_path / "benchmarks.json", {"gpus": 0}) == {"growth": {}}
    assert earlier(tmp_path / "benchmarks.json", {"gpus": 1}) == {}
    (tmp_path / "benchmarks.json").write_text("{")
    with pytest.raises(measuring.PipelineError, match="damaged"):
        earlier(tmp_path / "benchmarks.json", {"gpus": 0})


def test_a_small_part_keeps_each_picture_with_its_row_of_the_banks(tmp_path: Path) -> None:
    whole = Layout(tmp_path / "whole")
    for name in SPLITS:
        for label, of_class in enumerate(CLASSES):
            folder = whole.splits / name / of_class
            folder.mkdir(parents=True)
            for number in range(5):
                (folder / f"{number}.jpg").write_text(str(10 * label + number))
        for bank in (whole.features, whole.views):
            bank.mkdir(exist_ok=True)
            rows = np.array([[0, 1, 2, 3, 4, 10, 11, 12, 13, 14]], np.float16)
            np.save(bank / f"{name}.npy", rows)
            np.save(bank / f"{name}.labels.npy", np.repeat(np.int32([0, 1]), 5))
    part = small_part(whole, 6, 4, tmp_path / "part")
    for name, count in zip(SPLITS, (6, 4, 4), strict=True):
        pictures = list_pictures(part.splits / name, CLASSES)
        assert len(pictures.paths) == count
        for folder in (part.features, part.views):
            bank, labels = open_bank(folder / f"{name}.npy")
            assert bank[0].tolist() == [float(path.read_text()) for path in pictures.paths]
            assert labels.tolist() == pictures.labels.tolist()


def test_what_a_method_writes_beside_linked_data_stays_with_the_links(tmp_path: Path) -> None:
    project = Layout(tmp_path / "project")
    for folder in (project.splits, project.features, project.views, project.models):
        folder.mkdir(parents=True)
    project.weights.parent.mkdir()
    project.weights.write_text("weights")
    project.classes.write_text("[]")
    links = linked(project, tmp_path / "links")
    assert links.weights.read_text() == "weights"
    links.views.with_name("pooled").mkdir()
    assert not project.views.with_name("pooled").exists()


def test_many_pictures_are_different_crops_of_those_there_are(tmp_path: Path) -> None:
    for name in SPLITS:
        for label, of_class in enumerate(CLASSES):
            folder = tmp_path / "splits" / name / of_class
            folder.mkdir(parents=True)
            (folder / "1.jpg").write_bytes(jpeg(label, 60, 50))
    memory.crops(tmp_path / "splits", 7, tmp_path / "crops")
    crops = sorted((tmp_path / "crops").glob("*/*.jpg"))
    assert [path.name for path in crops] == [f"{c}.{n}.jpg" for c in CLASSES for n in range(7)]
    assert len({path.read_bytes() for path in crops}) == 14
    assert {Image.open(path).size for path in crops} == {(54, 45)}


def test_many_pictures_change_nothing_but_the_pipelines_parameters(tmp_path: Path) -> None:
    committed = load_yaml((measuring.ROOT / "params.yaml").read_bytes())
    for section, values in memory.settings(tmp_path, 100, 75).items():
        assert set(values) <= set(committed[section]), section


@pytest.mark.parametrize(
    ("command", "stage"), [("views.py", "views"), ("train.py fine_tuning", "train_fine_tuning")]
)
def test_the_memory_of_a_stage_is_told_by_its_name(
    command: str, stage: str, tmp_path: Path
) -> None:
    script, *arguments = command.split()
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / script).write_text(
        "import time; held = bytearray(80_000_000); time.sleep(3)"
    )

    def run() -> None:
        subprocess.run([sys.executable, f"pipeline/{script}", *arguments], cwd=tmp_path, check=True)

    found = memory.peaks(run)
    assert 80_000_000 < found[stage] < 160_000_000


def test_a_stages_start_up_imports_its_method() -> None:
    arguments = {"script": "pipeline/train.py", "methods": ["unknown"]}
    with pytest.raises(measuring.PipelineError, match=r"dogs_vs_cats\.methods\.unknown"):
        measuring.alone(measuring.Job("stages:start_up", arguments))


def test_a_run_that_fails_while_its_memory_is_watched_is_told() -> None:
    def fail() -> None:
        raise PipelineError("a stage failed")

    with pytest.raises(PipelineError, match="a stage failed"):
        memory.peaks(fail)
