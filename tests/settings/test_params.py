"""Every parameter is checked before the first stage begins its work."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from parameters import COMMITTED, changed_params

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.settings import base_settings, read_params

ROOT = Path(__file__).parents[2]


def test_the_committed_file_is_read_with_its_types() -> None:
    params = read_params(ROOT / "params.yaml")
    for method in METHODS:
        assert params.method(method).model_dump() == COMMITTED[method]
    assert params.augmentation.model_dump() == COMMITTED["augmentation"]
    assert params.validation.side.max == COMMITTED["validate"]["side"]["max"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("fine_tuning.optimizer", "sgd", r"fine_tuning\.optimizer: .*'adam' or 'rmsprop'.*'sgd'"),
        ("split.train", "many", r"split\.train: .*auto, a number .* or a share.*'many'"),
        ("split.train", 10.0, r"split\.train: .*10\.0"),
        ("split.train", 0, r"split\.train: .*0"),
        ("split.train", True, r"split\.train: .*True"),
        ("split.train", 1000, r"split: .*all numbers, shares or auto"),
        ("split.formats", "JPEG", r"split\.formats: .*\[JPEG, PNG\].*'JPEG'"),
        ("split.modes", [], r"split\.modes: .*a name at least"),
        ("augmentation.horizontal_flip", 1, r"augmentation\.horizontal_flip: .* boolean"),
        ("backbone.image_size", 45, r"backbone\.image_size: .*46.*45"),
        ("backbone.name", "resnet50v2", r"backbone\.name: .*did you mean resnet50_v2"),
        ("backbone.name", "??", r"backbone\.name: .*known: vgg16, vgg19"),
        ("head.pooling", "max", r"head\.pooling: .*'auto', 'flatten' or 'average'.*'max'"),
        ("small_convnet.learning_rate", float("inf"), r"small_convnet\.learning_rate: .*finite"),
        ("small_convnet.learning_rate", float("nan"), r"small_convnet\.learning_rate"),
        ("sample.occlusion", 1.2, r"sample\.occlusion: .*1\.2"),
        ("sample.scale", -0.1, r"sample\.scale"),
        ("sample.viewpoint", "much", r"sample\.viewpoint"),
        ("fine_tuning.seed", 2**32, r"fine_tuning\.seed: .*less than 2147483648"),
        ("small_convnet.batch_size", 10**30, r"small_convnet\.batch_size: .*less than"),
        ("backbone.image_size", 5000, r"backbone\.image_size: .*1024.*5000"),
        ("robustness.pictures", 10**30, r"robustness\.pictures: .*less than"),
        ("sample.seed", -1, r"sample\.seed"),
        ("validate.side.min", 30_000, r"validate\.side: .*min is above max"),
        ("classes", ["cat"], r"classes: .*2 to 1,000 names"),
        ("classes", [f"c{n}" for n in range(1001)], r"classes: .*2 to 1,000 names"),
        ("classes", "cat, dog", r"classes: .*auto or a list of names"),
        ("classes", ["cat", 3], r"classes: .*auto or a list of names"),
        ("classes", ["cat", "CAT"], r"classes: .*more than capitals"),
        ("classes", ["K\xe4fer", "Ka\u0308fer"], r"classes: .*more than capitals"),
        ("classes", ["cat", "../x"], r"classes: .*'\.\./x' cannot be a folder's"),
        ("classes", ["cat", "dog "], r"classes: .*'dog ' .*ends with a space"),
        ("classes", ["cat", "\xe9" * 128], r"classes: .*longer than 255 bytes"),
        ("evaluate", 3, r"evaluate: .*3"),
        ("evaluate.near_duplicate_cosine", 0, r"evaluate\.near_duplicate_cosine"),
        ("compare.backbones", [], r"compare\.backbones: .*one at least"),
        (
            "compare.backbones",
            ["vgg116-150"],
            r"compare\.backbones\.0: .*mean vgg16 .*'vgg116-150'\)$",
        ),
        ("compare.backbones", ["vgg16"], r"compare\.backbones\.0: .*such as vgg16-150.*'vgg16'"),
        ("compare.backbones", ["vgg16-small"], r"compare\.backbones\.0: .*such as vgg16-150"),
        ("compare.backbones", ["vgg16-0150"], r"compare\.backbones\.0: .*such as vgg16-150"),
        ("compare.backbones", ["xception-64"], r"compare\.backbones\.0: .*71 pixels.*not .*64"),
        ("compare.backbones", ["vgg16-2000"], r"compare\.backbones\.0: .*1024"),
        ("compare.backbones", [150], r"compare\.backbones\.0: .*150"),
        ("compare.backbones", 2 * ["vgg16-150"], r"compare\.backbones: .*vgg16-150 .* once"),
        ("compare.curve", [2, 0], r"compare\.curve\.1: .*0"),
        ("compare.curve", [5, 5], r"compare\.curve: .*5 should be named once"),
        ("compare.regularization", 0, r"compare\.regularization: .*greater than 0"),
        ("compare.draws", 0, r"compare\.draws: .*0"),
        ("evaluate", None, r"evaluate: is missing"),
        ("frozen_base", None, r"frozen_base: is missing"),
        ("frozen_base.epochs", None, r"frozen_base\.epochs: is missing"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: object, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        changed_params({name: value})


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("inception_v3", {"image_size": 64}, "takes pictures of 75 pixels a side and more, not"),
        ("convnext_tiny", {"preprocessing": "rescale"}, "scales its pictures itself"),
    ],
)
def test_what_does_not_suit_the_network_is_refused(
    name: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PipelineError, match=f"backbone: .*{name} {message}"):
        changed_params({f"backbone.{k}": v for k, v in {"name": name, **changes}.items()})


def test_a_base_to_compare_is_a_network_as_it_was_trained() -> None:
    bases = changed_params({"compare.backbones": ["resnet50-224"]}).compare.backbones
    settings = base_settings(*bases)
    assert (settings.name, settings.image_size, settings.base) == ("resnet50", 224, "resnet50-224")
    assert (settings.weights, settings.preprocessing) == ("", "imagenet")


def test_the_shares_of_a_class_sum_to_all_of_it_at_most() -> None:
    shares = {"split.train": 0.7, "split.validation": 0.2, "split.test": 0.1}
    assert changed_params(shares).split.sizes == {"train": 0.7, "validation": 0.2, "test": 0.1}
    with pytest.raises(PipelineError, match=r"split: .*sum to 1 at most"):
        changed_params({**shares, "split.test": 0.2})


def test_a_class_may_have_any_name_that_a_folder_has() -> None:
    names = ("Große Käfer", "$x^2$ & <b>", "[a], (b)", "50 %", "猫")
    assert changed_params({"classes": list(names)}).classes == names


@pytest.mark.parametrize("source", ["kaggle", "microsoft", "sample"])
def test_auto_is_the_lectures_choice_for_cats_and_dogs(source: Any) -> None:
    split = changed_params({}).split.resolved(source)
    assert split.strategy == "first"
    assert split.sizes == {"train": 1000, "validation": 500, "test": 500}
    assert (split.formats, split.modes) == (("JPEG",), ("RGB",))


def test_auto_takes_all_that_a_folder_holds() -> None:
    split = changed_params({}).split.resolved("folder")
    assert split.strategy == "random"
    assert split.sizes == {"train": 0.6, "validation": 0.2, "test": 0.2}
    assert (split.formats, split.modes) == ("auto", "auto")


def test_what_is_set_stays_for_every_source() -> None:
    split = changed_params({"split.strategy": "first", "split.modes": ["L"]}).split
    assert split.resolved("folder").strategy == "first"
    assert split.resolved("kaggle").modes == ("L",)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fine_tunning", "fine_tuning"),
        ("validation", "validate"),
        ("small_convnet.learning_rte", "learning_rate"),
        ("validate.side.maximum", "max"),
    ],
)
def test_a_mistyped_name_is_told_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(PipelineError, match=f"{name}: .*did you mean {meant}\\?"):
        changed_params({name: 1})


def test_a_name_like_no_other_is_told_those_that_there_are() -> None:
    with pytest.raises(PipelineError, match=r"compute\.zzz: .*precision, strategy, engine"):
        changed_params({"compute.zzz": 1})


def test_a_key_reaches_the_terminal_neither_raw_nor_endless() -> None:
    with pytest.raises(PipelineError, match=r"'\\x1b\[31m': there is no") as raised:
        changed_params({"\x1b[31m": 1, "a" * 10_000: 1})
    assert len(str(raised.value)) < 1000


def test_of_another_file_not_every_line_is_told() -> None:
    with pytest.raises(PipelineError, match=r"and \d+ more$") as raised:
        changed_params({f"key{number}": 1 for number in range(1000)})
    assert len(str(raised.value).splitlines()) < 40


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text() + "data: {source: sample, folder: ''}\n")
    with pytest.raises(PipelineError, match="'data' is there twice"):
        read_params(path)


def test_a_language_without_texts_is_refused_with_those_there_are() -> None:
    with pytest.raises(PipelineError, match=r"report\.language: .*known: en, ko \(received 'fr'\)"):
        changed_params({"report.language": "fr"})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(PipelineError) as raised:
        changed_params({"split.train": "many", "fine_tuning.epochs": 0, "visualize.heatmaps": True})
    for name in ("split.train", "fine_tuning.epochs", "visualize.heatmaps"):
        assert name in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        b"split: {train",
        b"- 1\n- 2",
        b"",
        b"3",
        b"data: \xff\xfe",
        b"data: " + 5000 * b"[" + 5000 * b"]",
    ],
)
def test_what_holds_no_sections_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(PipelineError, match=r"params\.yaml"):
        read_params(path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="root of the project"):
        read_params(tmp_path / "params.yaml")


def test_the_first_stage_ends_with_a_mistake_in_the_last_methods_section(tmp_path: Path) -> None:
    wrong = {**COMMITTED, "fine_tuning": {**COMMITTED["fine_tuning"], "optimizer": "sgd"}}
    (tmp_path / "params.yaml").write_text(dump_yaml(wrong))
    ended = subprocess.run(
        [sys.executable, ROOT / "pipeline/download.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: params.yaml has settings that cannot be used:")
    assert "fine_tuning.optimizer" in ended.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_reached_is_told_as_it_was_measured(method: str) -> None:
    def committed(path: str) -> Any:
        return json.loads((ROOT / path).read_text())

    comment = (ROOT / "params.yaml").read_text().split(f"\n{method}:\n")[0].rsplit("\n\n", 1)[1]
    told = " ".join(line.removeprefix("# ") for line in comment.splitlines())
    scores = committed("reports/evaluation.json")[method]
    training = committed(f"reports/training/{method}.json")
    measured = committed("benchmarks/results/benchmarks.json")
    seconds = measured["subjects"]["comparison"]["ours"]["seconds"]
    shared = {"feature_extraction": "features", "frozen_base": "views", "fine_tuning": "views"}
    before = shared.get(method)
    after = f", after {seconds[before]:.0f} s for `{before}`" if before else ""
    assert measured["machine"]["precision"] == "bfloat16"
    assert told.endswith(
        f"Reached: {scores['accuracy']:.1%} of {scores['pictures']:,} test pictures"
        f" (95% interval {scores['accuracy_low']:.1%} to {scores['accuracy_high']:.1%}),"
        f" validation {training['validation_accuracy']:.1%} at epoch {training['best_epoch']}"
        f" of {COMMITTED[method]['epochs']}; by `dvc repro train_{method}`,"
        f" {seconds[method]:.0f} s on two Xeon cores with bfloat16{after}."
    )


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="cannot be read: Is a directory"):
        read_params(tmp_path)
