"""``dogs-vs-cats serve``: a process, asked over HTTP and in a browser."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from colour_models import write_model
from PIL import ExifTags, Image
from servers import serving
from small_models import with_conv_base

from dogs_vs_cats.models.saved import Description, save_model
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.tracking.lineage import file_md5

SHADES = (10, 90, 128, 170, 250)


def jpeg(shade: int, width: int = 60, height: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), shade, np.uint8)).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def day(shade: int) -> float:
    """What the model must say: log odds from -4 for black to 4 for white."""
    return float(1 / (1 + np.exp(-(shade / 255 * 8 - 4))))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "by <light>").mkdir()
    model = write_model(
        folder / "by <light>/m.keras", ("night", "day & dusk"), np.full((3, 1), 8 / 3), [-4.0]
    )
    chosen = {"temperature": 2.0, "costs": {}, "confidence": 0.7, "model_md5": file_md5(model)}
    write_json(folder / "reports/evaluation.json", {"small_convnet": {"decision": chosen}})
    command = (
        *(sys.executable, "-m", "dogs_vs_cats", "serve", "--model", str(model)),
        *("--port", "{port}", "--max-files", "4", "--max-mb", "1"),
    )
    with serving(command, folder, alive="/ready") as uri:
        yield uri


def post(server: str, *contents: bytes, query: str = "") -> requests.Response:
    sent = [("files", (f"{place}.jpg", content)) for place, content in enumerate(contents)]
    return requests.post(f"{server}/predict{query}", files=sent, timeout=60)


def test_a_picture_gets_its_class_and_probabilities(server: str) -> None:
    answer = post(server, jpeg(250))
    assert answer.status_code == 200
    (row,) = answer.json()["pictures"]
    assert row["file"] == "0.jpg"
    assert row["predicted"] == "day & dusk"
    assert row["probabilities"]["day & dusk"] == pytest.approx(day(250), abs=0.01)
    assert row["probabilities"]["night"] == pytest.approx(1 - day(250), abs=0.01)
    assert row["probability"] == row["probabilities"]["day & dusk"]
    assert row["error"] is None


def test_answers_are_calibrated_and_decided_on_request(server: str) -> None:
    def told(answers: str) -> list[Any]:
        asked = post(server, jpeg(128), jpeg(250), query=f"?answers={answers}").json()["pictures"]
        return [(row["predicted"], row["error"]) for row in asked] + [asked[1]["probability"]]

    sure = day(250)
    warm = float(1 / (1 + ((1 - sure) / sure) ** 0.5))
    assert told("calibrated") == [
        ("day & dusk", None),
        ("day & dusk", None),
        pytest.approx(warm, abs=0.01),
    ]
    assert told("decided") == [(None, None), ("day & dusk", None), pytest.approx(warm, abs=0.01)]
    assert post(server, jpeg(128), query="?answers=sure").status_code == 422


def test_pictures_and_what_is_none_get_a_row_each_in_their_order(server: str) -> None:
    rows = post(server, jpeg(10), b"nothing", jpeg(250)).json()["pictures"]
    assert [row["predicted"] for row in rows] == ["night", None, "day & dusk"]
    assert rows[1]["error"] == "not a picture in a format that is read"


def test_a_photo_that_is_stored_turned_is_seen_upright(server: str) -> None:
    stream, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(stream, "PNG", exif=exif)
    (row,) = post(server, stream.getvalue()).json()["pictures"]
    assert row["probabilities"]["day & dusk"] == pytest.approx(day(200), abs=1e-5)


@pytest.mark.parametrize(
    ("contents", "status", "told"),
    [
        ([b"nothing"], 422, "0.jpg: not a picture in a format that is read"),
        ([b""], 422, "0.jpg: not a picture"),
        ([jpeg(3)[:100]], 422, "0.jpg: "),
        ([jpeg(3)] * 5, 413, "A request may have 4 files."),
        ([bytes(2**20 + 1)], 422, "0.jpg: has more than 1 MB"),
        ([bytes(2**22 + 1)], 413, "A request may have 4 MB."),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(
    server: str, contents: list[bytes], status: int, told: str
) -> None:
    answer = post(server, *contents)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(told)
    assert post(server, jpeg(10)).ok  # and the next is answered


def test_a_request_without_files_is_refused(server: str) -> None:
    assert requests.post(f"{server}/predict", timeout=60).status_code == 422
    assert requests.get(f"{server}/predict", timeout=60).status_code == 405
    assert requests.get(f"{server}/nothing", timeout=60).status_code == 404


def test_it_tells_of_its_model_and_describes_itself(server: str) -> None:
    model = requests.get(f"{server}/model", timeout=60).json()
    assert model["classes"] == ["night", "day & dusk"]
    assert model["image_size"] == 20
    assert model["name"].endswith("by <light>/m.keras")
    paths = requests.get(f"{server}/openapi.json", timeout=60).json()["paths"]
    assert {"/predict", "/health", "/ready", "/model", "/metrics"} <= set(paths)


def test_many_clients_at_once_get_the_answers_to_their_own_pictures(server: str) -> None:
    def ask(number: int) -> None:
        shade = SHADES[number % len(SHADES)]
        broken = number % 7 == 0
        answer = post(server, b"broken" if broken else jpeg(shade))
        assert answer.status_code == (422 if broken else 200)
        if not broken:
            (row,) = answer.json()["pictures"]
            assert row["probabilities"]["day & dusk"] == pytest.approx(day(shade), abs=0.01)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(200)))


def test_prometheus_counts_what_was_asked(server: str) -> None:
    def count(line: str) -> float:
        text = requests.get(f"{server}/metrics", timeout=60).text
        found = [each.split()[-1] for each in text.splitlines() if each.startswith(line)]
        return float(found[0]) if found else 0.0

    line = 'requests_total{path="/predict",status="422"}'
    before = count(line), count('pictures_total{result="predicted"}')
    post(server, b"nothing")
    post(server, jpeg(1), jpeg(2))
    assert count(line) == before[0] + 1
    assert count('pictures_total{result="predicted"}') == before[1] + 2


def test_what_was_asked_is_answered_before_it_ends(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.keras", ("night", "day"), np.full((3, 1), 8 / 3), [-4.0])
    command = [sys.executable, "-m", "dogs_vs_cats", "serve", "--model", str(model), "--port"]
    with ThreadPoolExecutor(4) as pool:  # noqa: SIM117
        with serving((*command, "{port}"), tmp_path, alive="/ready") as uri:
            asked = [pool.submit(post, uri, *[jpeg(250, 1500, 1500)] * 6) for _ in range(4)]
            time.sleep(0.2)
            port = uri.rpartition(":")[2]
            (pid,) = subprocess.run(
                ["pgrep", "-f", f"serve --model {model} --port {port}"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            os.kill(int(pid), signal.SIGTERM)
            answers = [each.result() for each in asked]
            deadline = time.monotonic() + 30
            while Path(f"/proc/{pid}/cmdline").exists() and time.monotonic() < deadline:
                if Path(f"/proc/{pid}/cmdline").read_bytes() == b"":  # ended, not yet waited for
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("it does not end")
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(len(answer.json()["pictures"]) == 6 for answer in answers)


@pytest.fixture(scope="module")
def of_convnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a model with convolutions, which heatmaps look into."""
    folder = tmp_path_factory.mktemp("convnet")
    path = folder / "frozen_base.keras"
    save_model(with_conv_base(), path, Description("frozen_base", ("cat", "dog"), 64, "imagenet"))
    command = (sys.executable, "-m", "dogs_vs_cats", "serve", "--model", str(path))
    with serving((*command, "--port", "{port}"), folder, alive="/ready") as uri:
        yield uri


def test_a_heatmap_comes_with_the_answer_when_asked_for(of_convnet: str) -> None:
    (row,) = post(of_convnet, jpeg(250), query="?heatmap=true").json()["pictures"]
    assert row["heatmap"].startswith("data:image/jpeg;base64,")
    assert post(of_convnet, jpeg(250)).json()["pictures"][0]["heatmap"] is None


def test_a_picture_is_dropped_on_the_page_and_named(
    of_convnet: str, tmp_path: Path, page: Any
) -> None:
    errors: list[str] = []
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else 0
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(of_convnet)
    page.get_by_text("tells cat, dog apart").wait_for()
    (tmp_path / "a <b>.jpg").write_bytes(jpeg(200))
    page.set_input_files("#files", str(tmp_path / "a <b>.jpg"))
    page.wait_for_selector("#answers h2")
    assert page.inner_text("#answers .file") == "a <b>.jpg"
    assert page.inner_text("#answers h2").split(":")[0] in ("cat", "dog")
    assert page.eval_on_selector_all(
        "#answers img", "all => all.every(each => each.complete && each.naturalWidth > 0)"
    )
    # By keyboard alone, the first stop is the choice of files.
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") in ("files", "")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    page.set_input_files("#files", str(tmp_path / "text.jpg"))
    page.wait_for_selector("#answers h2.bad")
    assert [each for each in errors if "422" not in each] == []
    assert json.loads(page.evaluate("JSON.stringify(document.title)")) == "What is in this picture?"
