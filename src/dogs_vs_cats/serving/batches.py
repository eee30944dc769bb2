"""One worker that runs a function on whatever arrives while it was busy."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

Square = npt.NDArray[np.uint8]
"""(side, side, 3), RGB of 0 to 255."""


class Batches:
    """Makes batches of what several threads ask for at once.

    Nobody waits for a batch to fill: the worker takes what is there, so that one request alone is
    answered at once and many share a pass.

    Args:
        function: (batch, …) to an array of as many rows.
        most: rows of a batch.
    """

    def __init__(self, function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], most: int) -> None:
        self._function, self._most = function, most
        self._waiting: queue.SimpleQueue[tuple[Square, Future[Any]] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="batches", daemon=True)
        self._worker.start()

    def submit(self, square: Square) -> "Future[npt.NDArray[Any]]":
        """The row that the function gives for this."""
        asked: Future[npt.NDArray[Any]] = Future()
        self._waiting.put((square, asked))
        return asked

    def close(self) -> None:
        """Answer what was asked before, and end."""
        self._waiting.put(None)
        self._worker.join()

    def _work(self) -> None:
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            while len(batch) < self._most and not self._waiting.empty():
                batch.append(self._waiting.get())
            asked = [each for each in batch if each is not None]
            ended = len(asked) < len(batch)
            if asked:
                self._answer(asked)

    def _answer(self, asked: list[tuple[Square, Future[Any]]]) -> None:
        try:
            rows = self._function(np.stack([square for square, _ in asked]))
        except Exception as error:
            for _, future in asked:
                future.set_exception(error)
            return
        for (_, future), row in zip(asked, rows, strict=True):
            future.set_result(row)
