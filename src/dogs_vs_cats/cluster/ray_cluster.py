"""Work that passes over all pictures, on a Ray cluster instead of on this machine alone.

The work itself is defined where its numbers are; this module only brings pictures to it and results
back. Ray Data (https://docs.ray.io) spreads the shards over the workers, starts a worker anew that
was killed, gives its shard to it or to another, and holds the workers back when results pile up.
"""

import logging
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.quiet import silent_stderr

ADDRESS = "RAY_ADDRESS"
"""Ray's own environment variable: ``host:port`` of the head node; unset: this machine alone."""
SHARD = 128
"""Pictures handed to a worker at a time, at most: what is done again when a worker is killed."""

_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
"""Ray's settings for a cluster that no other machine joins: every server of it listens on loopback
(the switch is named for where that is the default; ``_node_ip_address`` is no help, for Ray turns
a loopback address into the machine's), and answers nobody without the token."""

Columns = dict[str, npt.NDArray[Any]]
"""Arrays of equal first dimension, by name."""
Work = Callable[[npt.NDArray[np.int64], Sequence[Path]], Iterator[Columns]]
"""From the positions and paths of pictures to results; they come as the work gets them done."""


def on_cluster(
    start: Callable[[], Work], paths: Sequence[Path], gpu: bool = False
) -> Iterator[Columns]:
    """Do work on all pictures, one worker on each core or GPU of the cluster.

    Args:
        start: called once in each worker process; what it returns is given shard after shard. It
            is pickled, and its NumPy arrays are shared by the workers of a machine.
        paths: picture files that every worker can read.
        gpu: whether a worker takes a GPU, or a core.

    Yields:
        The rows that the work yields, in portions of Ray's choice, in the order in which workers
        finish.

    Raises:
        PipelineError: Ray is not installed, no cluster answers, or the cluster gave up. One that
            the work raises arrives as it is.
    """
    connect()
    import ray.data
    import ray.exceptions

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # a stage has one, ours
    context.print_on_execution_start = False
    context.raise_original_map_exception = True
    # A worker that the system kills while it starts, for want of memory, is replaced as well.
    context.max_consecutive_actor_init_deaths = 3
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    shards = -(-len(paths) // SHARD)
    # Absolute: a worker has another working directory.
    rows = [{"position": i, "path": str(path.absolute())} for i, path in enumerate(paths)]
    results = ray.data.from_items(rows, override_num_blocks=shards).map_batches(
        _Worker,
        fn_constructor_args=(ray.put(start),),
        batch_size=None,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=shards),
        num_cpus=None if gpu else 1,
        num_gpus=1 if gpu else None,
    )
    try:
        yield from results.iter_batches(batch_size=None, batch_format="numpy")
    except ray.exceptions.RayTaskError as error:
        if not isinstance(error.cause, PipelineError):
            raise
        # Ray appends how often it tried.
        message, _, _ = str(error.cause).partition("\nFailed to apply UDF")
        raise PipelineError(message) from None
    except ray.exceptions.RayError as error:
        raise PipelineError(
            f"Ray gave up: {error}\nIts logs are on the cluster's machines, in /tmp/ray."
        ) from None


class _Worker:
    def __init__(self, start: Any) -> None:
        import ray

        self._work: Work = ray.get(start)()

    def __call__(self, shard: Columns) -> Iterator[Columns]:
        return self._work(shard["position"], [Path(path) for path in shard["path"]])


def connect() -> None:
    """Join the cluster that ``RAY_ADDRESS`` names, or start one of this machine's cores.

    Does nothing where this process has joined already. What was started ends with the process,
    listens on the loopback interface alone, and takes orders only with a token that nothing but
    this process and those it starts know.

    Raises:
        PipelineError: Ray is not installed, no cluster answers, or it wants another token.
    """
    if (loaded := sys.modules.get("ray")) and loaded.is_initialized():
        return
    address = os.environ.get(ADDRESS, "local")
    if local := address == "local":
        # Before the import, which reads them. Ray's own token would be a file in the home folder.
        os.environ.update(_ALONE, RAY_AUTH_TOKEN=secrets.token_hex(32))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its C++ warns of nothing new
    try:
        import ray
    except ModuleNotFoundError:
        raise PipelineError(
            "compute.engine is ray, which is not installed."
            ' Run `pip install -e ".[ray]"` in the checkout, or set compute.engine to local.'
        ) from None
    options: dict[str, Any] = {}
    if local:
        options = {"num_cpus": len(os.sched_getaffinity(0)), "include_dashboard": False}
    else:
        _require_answer(address)
    try:
        with silent_stderr():
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **options)
    except Exception as error:  # Ray raises a bare one where a busy machine takes it 30 seconds
        raise PipelineError(
            f"Ray cannot be joined or started at {address}: {error}\n"
            "To join a cluster, this machine must be one of its own (`ray start --address=…`). One"
            " with a token wants RAY_AUTH_MODE=token, and its token in RAY_AUTH_TOKEN or"
            " ~/.ray/auth_token (docs/scaling.md)."
        ) from None


def _require_answer(address: str) -> None:
    # Ray itself tries for two minutes and then ends the process.
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"No Ray cluster answers at {ADDRESS}={address} ({error}). It must be host:port of"
            " the head node, as `ray start --head` prints it; unset it to use this machine alone."
        ) from None
