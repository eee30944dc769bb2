"""What the server asks of a model: which class a picture shows, and where it was seen."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.models.saved import of_squares, side_of
from dogs_vs_cats.prediction.model_file import Model
from dogs_vs_cats.prediction.predict import resizing_of
from dogs_vs_cats.serving.batches import Batches, Square
from dogs_vs_cats.visualization import grad_cam, heatmaps

BATCH_SIZE = 32
SHOWN_SIZE = 400
"""Longer side in pixels at which a heatmap is drawn."""


class Oracle:
    """A model that many threads ask at once.

    Args:
        model: as loaded.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._side = side_of(model.network)
        self._resize = resizing_of(model.network)
        network = of_squares(model.network)
        run = tf.function(
            lambda squares: network(squares, training=False),
            input_signature=[tf.TensorSpec((None, self._side, self._side, 3), tf.uint8)],
        )
        self._batches = Batches(lambda squares: run(squares).numpy(), BATCH_SIZE)
        # Traced now, and not while the first who asks waits.
        self.ask(np.zeros((self._side, self._side, 3), np.uint8)).result()

    def read(self, content: bytes) -> tuple[Square, Image.Image]:
        """The picture of a file as the model's network takes it, and as a heatmap lies over it.

        Raises:
            UnreadableError: it is none; the message says why.
        """
        pixels = np.ascontiguousarray(upright(content))
        square: Square = tf.cast(tf.round(self._resize(pixels[np.newaxis])[0]), tf.uint8).numpy()
        scale = SHOWN_SIZE / max(pixels.shape[:2])
        height, width = (max(1, round(scale * side)) for side in pixels.shape[:2])
        shown = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        return square, shown

    def ask(self, square: Square) -> Any:
        """The future of the probabilities, (classes,), of a picture."""
        return self._batches.submit(square)

    def heatmap(self, square: Square, shown: Image.Image, label: int) -> str:
        """A JPEG as a ``data:`` URL: the picture, and over it what spoke for a class.

        Args:
            square, shown: see :meth:`read`.
            label: of the class.

        Raises:
            PipelineError: the model is of none of the five methods.
        """
        explanation = grad_cam.explain(self.model.network, square[np.newaxis], np.array([[label]]))
        seen = grad_cam.resize(explanation.maps[0, 0], explanation.network, SHOWN_SIZE)
        fitted = np.asarray(Image.fromarray(np.float32(seen)).resize(shown.size), np.float64)
        over = heatmaps.overlay(np.asarray(shown), fitted)
        stream = io.BytesIO()
        Image.fromarray(np.round(255 * over).astype(np.uint8)).save(stream, "JPEG", quality=85)
        return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"

    def close(self) -> None:
        """Answer what was asked, and end."""
        self._batches.close()
