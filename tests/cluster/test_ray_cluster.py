"""A Ray cluster of two nodes writes the bytes that this machine alone does, also when killed at."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import lecture
import numpy as np
import pytest
from conftest import jpeg
from small_models import random_base

from dogs_vs_cats.backbones.networks import halves
from dogs_vs_cats.cluster import ray_cluster
from dogs_vs_cats.compute.backend import dtype_policy
from dogs_vs_cats.compute.cpu import cpu_flags
from dogs_vs_cats.data.reading.pictures import LabelledPictures, list_pictures
from dogs_vs_cats.data.validation.picture_statistics import measure
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import BackboneSettings

CLASSES = ("cat", "dog")
SIZE = 48
AUGMENTATION = lecture.AUGMENTATION.model_copy(update={"views": 2, "seed": 5})


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two nodes of one core each on this machine, joined as a user's are."""
    pytest.importorskip("ray", reason="needs Ray: pip install -e '.[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    # Workers cannot import this file: what they are to run of it is sent to them whole.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    nodes = Cluster()
    for _ in range(2):
        nodes.add_node(num_cpus=1, object_store_memory=200_000_000, include_dashboard=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ray_cluster.ADDRESS, nodes.address)
        # As small as the pictures of the tests: there must be shards for both nodes, and for later.
        patch.setattr(ray_cluster, "SHARD", 16)
        yield
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> LabelledPictures:
    split = tmp_path_factory.mktemp("split")
    for label, name in enumerate(CLASSES):
        (split / name).mkdir()
        for number in range(80):
            content = jpeg(2 * number + label, 40 + number, 60)
            (split / name / f"{number:02}.jpg").write_bytes(content)
    return list_pictures(split, CLASSES)


def backbone(name: str = "vgg16") -> BackboneSettings:
    return BackboneSettings(name=name, weights="", preprocessing="imagenet", image_size=SIZE)


def living_workers() -> list[int]:
    """Process numbers of this cluster's workers that make feature maps."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            title = (entry / "cmdline").read_text()
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            raylet = int(
                (Path("/proc") / parent / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except (OSError, IndexError, ValueError):
            continue
        if title.startswith("ray::") and "MapWorker" in title and raylet == os.getpid():
            found.append(int(entry.name))
    return found


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("name", ["vgg16", "efficientnet_lite0"])  # by TensorFlow, by OpenVINO
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_features_and_views_have_the_same_bytes(
    policy: str, name: str, pictures: LabelledPictures, tmp_path: Path
) -> None:
    if policy == "mixed_bfloat16" and "avx512f" not in cpu_flags():
        pytest.skip("without AVX-512 oneDNN has no bfloat16, and bytes depend on the cores")
    engines: tuple[Literal["local", "ray"], ...] = ("local", "ray")
    with dtype_policy(policy):
        conv_base, settings = random_base(name, SIZE), backbone(name)
        lower, _ = halves(conv_base)
        for engine in engines:
            bank_features(conv_base, settings, pictures, tmp_path / engine / "features.npy", engine)
            path = tmp_path / engine / "views.npy"
            bank_views(lower, settings, AUGMENTATION, pictures, path, engine)
    for name in ("features.npy", "features.labels.npy", "views.npy", "views.labels.npy"):
        local, ray = (tmp_path / engine / name for engine in engines)
        assert local.read_bytes() == ray.read_bytes(), name
    assert np.load(tmp_path / "ray" / "views.npy").any(axis=(2, 3, 4)).all()


@pytest.mark.usefixtures("cluster")
def test_statistics_are_the_same_also_of_damaged_and_missing_files(
    pictures: LabelledPictures, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(pictures.paths[0].read_bytes()[:300])
    paths = [*pictures.paths[:40], broken, tmp_path / "none.jpg", *pictures.paths[40:]]
    assert measure(paths, "ray") == measure(paths, "local")


def test_both_nodes_work(cluster: None, pictures: LabelledPictures) -> None:
    nodes = set()
    for made in ray_cluster.on_cluster(start_telling_the_node, pictures.paths):
        nodes |= {*made["node"]}
    assert len(nodes) == 2


def start_telling_the_node() -> ray_cluster.Work:
    import ray

    node = ray.get_runtime_context().get_node_id()

    def work(positions: Any, paths: Any) -> Iterator[ray_cluster.Columns]:
        time.sleep(0.5)
        yield {"node": np.array([node] * len(positions))}

    return work


@pytest.mark.usefixtures("cluster")
def test_a_killed_worker_costs_no_picture(
    pictures: LabelledPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower, _ = halves(random_base("vgg16", SIZE))
    local, ray = tmp_path / "local.npy", tmp_path / "ray.npy"
    bank_views(lower, backbone(), AUGMENTATION, pictures, local)
    killed: list[int] = []
    results = 0

    def kill_one_at_the_third_result(*arguments: Any) -> Iterator[ray_cluster.Columns]:
        nonlocal results
        for made in ray_cluster.on_cluster(*arguments):
            results += 1
            if results == 3:
                killed.extend(living_workers()[:1])
                os.kill(killed[0], signal.SIGKILL)
            yield made

    monkeypatch.setattr(
        "dogs_vs_cats.features.frozen_pass.on_cluster", kill_one_at_the_third_result
    )
    bank_views(lower, backbone(), AUGMENTATION, pictures, ray, "ray")
    assert killed
    assert results > 3
    assert ray.read_bytes() == local.read_bytes()


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("engine", ["local", "ray"])
def test_a_missing_picture_is_named_by_either_engine(
    engine: Literal["local", "ray"], tmp_path: Path
) -> None:
    missing = LabelledPictures((tmp_path / "none.jpg",), np.zeros(1, np.float32))
    with pytest.raises(PipelineError, match=r"none\.jpg cannot be read as a picture") as failure:
        path = tmp_path / "bank.npy"
        bank_features(random_base("vgg16", SIZE), backbone(), missing, path, engine)
    assert "Failed to apply" not in str(failure.value)
    assert not list(tmp_path.iterdir())


LISTENERS = """
import psutil, socket
from dogs_vs_cats.cluster import ray_cluster
ray_cluster.connect()
import ray
ray.get(ray.remote(lambda: 0).remote())  # so that a worker is there
ray_cluster.connect()
tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
for connection in [c for process in tree for c in process.net_connections("inet")]:
    if connection.status == "LISTEN" or connection.type == socket.SOCK_DGRAM:
        print(connection.laddr.ip)
"""


def test_a_local_cluster_listens_on_loopback_alone_and_leaves_no_token(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install -e '.[ray]'")
    environment = {**os.environ, "HOME": str(tmp_path)}
    for name in (ray_cluster.ADDRESS, "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", LISTENERS],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Servers of several processes: the stage's own, Ray's store, its scheduler, a worker.
    addresses = done.stdout.split()
    assert len(addresses) >= 4
    assert {address.removeprefix("::ffff:") for address in addresses} == {"127.0.0.1"}
    assert not list(tmp_path.iterdir())


def joined(environment: dict[str, str], first: str = "") -> str:
    """What `connect` ends with in a process of its own."""
    code = (
        f"{first}\n"
        "from dogs_vs_cats.cluster import ray_cluster\n"
        "from dogs_vs_cats.project import stage\n"
        "stage.run(ray_cluster.connect)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_a_missing_token_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install -e '.[ray]'")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        message = joined(
            {ray_cluster.ADDRESS: address, "RAY_AUTH_MODE": "token", "HOME": str(tmp_path)}
        )
    assert message.startswith(f"error: Ray cannot be joined or started at {address}: Token auth")
    assert "its token in RAY_AUTH_TOKEN or ~/.ray/auth_token" in message


def test_without_ray_the_message_says_what_to_install() -> None:
    message = joined({}, "import sys; sys.modules['ray'] = None")
    assert message.startswith("error: compute.engine is ray, which is not installed.")
    assert 'pip install -e ".[ray]"' in message


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere"])
def test_a_cluster_that_does_not_answer_is_named(address: str) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install -e '.[ray]'")
    message = joined({ray_cluster.ADDRESS: address})
    assert message.startswith(f"error: No Ray cluster answers at RAY_ADDRESS={address}")
    assert message.count("\n") == 1
