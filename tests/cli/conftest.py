from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write_params() -> Callable[[str, str], None]:
    """Writes the committed parameters with other classes into the working directory."""

    def write(negative: str, positive: str) -> None:
        params = load_yaml((ROOT / "params.yaml").read_bytes())
        params["classes"] = {"negative": negative, "positive": positive}
        Path("params.yaml").write_text(dump_yaml(params))

    return write


@pytest.fixture(scope="session")
def by_brightness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that gives 1 / (1 + e^-x), x from -4 for black to 4 for white."""
    pictures = keras.Input((20, 20, 3), dtype="uint8")
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pictures))
    dense = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Model(pictures, dense(x), name="by_brightness")
    dense.set_weights([np.full((3, 1), 8 / 3), np.array([-4.0])])
    path = tmp_path_factory.mktemp("model") / "by_brightness.keras"
    model.save(path)
    return path
