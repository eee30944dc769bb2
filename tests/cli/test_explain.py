import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import jpeg
from PIL import Image

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.backbones.vgg16 import CONVOLUTIONS
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models.saved import Description, load_whole_model, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.prediction.imagenet import build_imagenet, class_names
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.champion import Champion

SIZE = 64
CLASSES = {"fine_tuning": ("moon", "sun"), "small_convnet": ("Löwe $1$", "b<i>", "c", "d")}


@pytest.fixture
def project(
    tmp_path: Path, write_params: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with two trained methods and a picture, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    # It sets up the process, and all tests share one.
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)
    write_params("cat", "dog")
    Path("data/models").mkdir(parents=True)
    for seed, name in enumerate(("fine_tuning", "small_convnet")):
        keras.utils.set_random_seed(seed)
        classes = CLASSES[name]
        model = whole_model(name, build_small_convnet(SIZE, len(classes), 0.0))
        description = Description(name, classes, SIZE, "rescale")
        save_model(model, Path(f"data/models/{name}.keras"), description)
    Path("pets").mkdir()
    Path("pets/a $x$.jpg").write_bytes(jpeg(0, 90, 50))
    return tmp_path


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments])


def message(result: Result) -> str:
    assert isinstance(result.exception, PipelineError), result.output
    return str(result.exception)


@pytest.mark.parametrize(
    ("options", "model"),
    [
        (("--method", "fine_tuning"), "fine_tuning"),
        (("--method", "small_convnet"), "small_convnet"),
        (("--model", "data/models/small_convnet.keras"), "small_convnet"),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_picture_is_named_as_the_model_names_it(options: tuple[str, ...], model: str) -> None:
    [expected] = load_whole_model(Path(f"data/models/{model}.keras")).predict(
        load_pictures([Path("pets/a $x$.jpg")], SIZE), verbose=0
    )
    result = explain("pets/a $x$.jpg", *options)
    assert result.exit_code == 0, result.output
    shown = sorted(zip(expected, CLASSES[model], strict=True), reverse=True)[:3]
    assert result.stdout.splitlines()[:-1] == [
        f"{name}: {probability:.1%}".replace("%", " %") for probability, name in shown
    ]
    assert result.stderr == f"Model: data/models/{model}.keras\n"
    # Beside the working directory's files, not beside the picture's.
    assert "a $x$-heatmap.jpg" in result.output
    with Image.open("a $x$-heatmap.jpg") as figure:
        rows = -(-(1 + len(shown)) // 3)  # of three panels of a wide picture
        assert figure.width / figure.height == pytest.approx(3.6 / rows, rel=0.2)


@pytest.mark.usefixtures("project")
def test_the_classes_that_are_asked_for_are_explained_whatever_is_likeliest() -> None:
    asked = ("--class", "D", "--class", "lo\u0308we $1$", "--class", "d", "--json")
    result = explain("pets/a $x$.jpg", "--method", "small_convnet", *asked)
    document = json.loads(result.stdout)
    assert [each["class"] for each in document["classes"]] == ["d", "Löwe $1$"]
    best = json.loads(explain("pets/a $x$.jpg", "--method", "small_convnet", "--json").stdout)
    assert len(best["classes"]) == 3
    assert document["class"] == best["class"] == best["classes"][0]["class"]
    assert document["probability"] == best["classes"][0]["probability"]
    unknown = message(explain("pets/a $x$.jpg", "--method", "small_convnet", "--class", "lion"))
    assert unknown == "The model knows no class lion, but Löwe $1$, b<i>, c, d."


@pytest.mark.usefixtures("project")
def test_a_photo_that_a_phone_stores_turned_is_explained_upright() -> None:
    turned, exif = Image.open("pets/a $x$.jpg").transpose(Image.Transpose.ROTATE_90), Image.Exif()
    Image.open("pets/a $x$.jpg").save("upright.png")
    exif[0x0112] = 6
    turned.save("turned.png", exif=exif)
    seen = []
    for name in ("upright", "turned"):
        explain(f"{name}.png", "--method", "small_convnet", "--output", f"{name}-figure.png")
        seen.append(np.asarray(Image.open(f"{name}-figure.png")))
    np.testing.assert_array_equal(*seen)


def test_predict_and_explain_ask_the_same_model_and_name_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch_champion(root: Path, folder: Path) -> Champion:
        file = project / "data/models/small_convnet.keras"
        return Champion("small_convnet", "7", file)

    picture = "pets/a $x$.jpg"
    without = message(explain(picture))
    assert "no model dogs-vs-cats@champion" in without
    assert without == message(CliRunner().invoke(cli, ["predict", picture]))
    monkeypatch.setattr("dogs_vs_cats.tracking.champion.fetch_champion", fetch_champion)
    explained = json.loads(explain(picture, "--json").stdout)
    predicted = json.loads(CliRunner().invoke(cli, ["predict", picture, "--json"]).stdout)
    assert explained["model"] == predicted["model"]
    assert explained["model"] == "dogs-vs-cats@champion, version 7 (small_convnet)"
    [answer] = predicted["pictures"]
    assert explained["class"] == answer["class"]
    assert explained["probability"] == pytest.approx(answer["probability"], abs=1e-5)
    for each in explained["classes"]:
        assert answer["probabilities"][each["class"]] == pytest.approx(
            each["probability"], abs=1e-5
        )
    assert explained["heatmaps"] == "a $x$-heatmap.jpg"


@pytest.mark.parametrize("suffix", ["png", "svg"])
@pytest.mark.usefixtures("project")
def test_the_figure_goes_where_it_is_told(suffix: str) -> None:
    options = ("--method", "fine_tuning", "--output", f"new/figure.{suffix}")
    assert explain("pets/a $x$.jpg", *options).exit_code == 0
    assert [path.name for path in Path("new").iterdir()] == [f"figure.{suffix}"]


def test_what_cannot_be_explained_is_refused_and_leaves_no_file(project: Path) -> None:
    Path("broken.jpg").write_bytes(b"broken")
    before = sorted(project.iterdir())
    assert message(explain("gone.jpg")) == "gone.jpg cannot be read: no such file."
    assert "pets cannot be read: a folder" in message(explain("pets"))
    broken = message(explain("broken.jpg", "--method", "fine_tuning"))
    assert "broken.jpg cannot be read: not a picture in a format that is read." in broken
    assert r"\x1b[2J cannot be read" in message(explain("\x1b[2J"))
    picture = "pets/a $x$.jpg"
    missing = message(explain(picture, "--method", "frozen_base"))
    assert "data/models/frozen_base.keras not found" in missing
    assert "dvc repro" in missing
    assert "cannot be loaded" in message(explain(picture, "--model", "broken.jpg"))
    assert "x.tiff should end in .jpg" in message(explain(picture, "--output", "x.tiff"))
    assert sorted(project.iterdir()) == before


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "small_convnet", "--model", "m.keras"),
        ("--imagenet", "--method", "small_convnet"),
        ("--imagenet", "--class", "a"),
        ("--weights", "w.h5"),
        ("--imagenet", "--weights", "w.h5"),
        ("--imagenet", "--backbone", "efficientnet_lite0", "--weights", "w.h5"),
        ("--imagenet", "--backbone", "resnet50"),
        ("--backbone", "vgg16"),
    ],
)
@pytest.mark.usefixtures("project")
def test_options_that_contradict_each_other_are_refused(options: tuple[str, ...]) -> None:
    assert explain("pets/a $x$.jpg", *options).exit_code == 2


def write_imagenet_weights(path: Path) -> None:
    """A file as Keras' own, random; its first dense layer is one value, which takes no space."""
    rng = np.random.default_rng(0)
    channels = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}
    shapes: dict[str, tuple[int, ...]] = {}
    before = 3
    for name in CONVOLUTIONS:
        shapes[name] = (3, 3, before, before := channels[int(name[5])])
    shapes |= {"fc1": (25088, 4096), "fc2": (4096, 4096), "predictions": (4096, 1000)}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in shapes]
        for name, shape in shapes.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [b"kernel", b"bias"]
            if name == "fc1":
                group.create_dataset("kernel", shape, "f4", fillvalue=1e-4, chunks=True)
            else:
                deviation = np.float32(np.sqrt(2 / np.prod(shape[:-1])))
                kernel = rng.standard_normal(shape, np.float32) * deviation
                group.create_dataset("kernel", data=kernel)
            group.create_dataset("bias", data=rng.standard_normal(shape[-1], np.float32) / 10)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("backbone", [None, "efficientnet_lite1"])
def test_imagenet_names_five_classes_without_a_network(
    backbone: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", None)
    options = ("--backbone", backbone) if backbone else ()
    result = explain("pets/a $x$.jpg", "--imagenet", *options)
    assert result.exit_code == 0, (result.output, result.exception)
    name, side = ("EfficientNet-Lite1", 240) if backbone else ("EfficientNet-Lite0", 224)
    assert result.stderr == f"Model: {name}, with ImageNet's classes\n"

    network = build_imagenet(backbone or "efficientnet_lite0")
    [logits] = network(load_pictures([Path("pets/a $x$.jpg")], side).astype(np.float32)).numpy()
    expected = [class_names()[label].replace("_", " ") for label in np.argsort(-logits)[:5]]
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:5]] == expected
    with Image.open("a $x$-heatmap.jpg") as figure:
        assert figure.width > 700


@pytest.mark.usefixtures("project")
def test_imagenet_by_vgg16_with_keras_own_weights() -> None:
    weights = Path("vgg16_weights_tf_dim_ordering_tf_kernels.h5")
    write_imagenet_weights(weights)
    options = ("--imagenet", "--backbone", "vgg16", "--weights", str(weights))
    result = explain("pets/a $x$.jpg", *options)
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stderr == "Model: VGG16, with ImageNet's classes\n"

    vgg16 = keras.applications.VGG16(weights=str(weights))
    pictures = load_pictures([Path("pets/a $x$.jpg")], 224).astype(np.float32)
    [probabilities] = vgg16(keras.applications.vgg16.preprocess_input(pictures)).numpy()
    expected = [class_names()[label].replace("_", " ") for label in np.argsort(-probabilities)[:5]]
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:5]] == expected


@pytest.mark.usefixtures("project")
def test_vgg16_without_weights_says_how_to_give_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(Path.cwd() / "cache"))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    result = explain("pets/a $x$.jpg", "--imagenet", "--backbone", "vgg16")
    assert "--weights PATH" in message(result)
    assert not list(Path.cwd().glob("*-heatmap.jpg"))
