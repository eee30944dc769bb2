from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from colour_models import write_model

from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write_params() -> Callable[..., None]:
    """Writes the committed parameters with other classes into the working directory."""

    def write(*classes: str) -> None:
        params = load_yaml((ROOT / "params.yaml").read_bytes()) | {"classes": [*classes]}
        Path("params.yaml").write_text(dump_yaml(params))

    return write


@pytest.fixture(scope="session")
def by_brightness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of night and day: 1 / (1 + e^-x) for day, x from -4 for black to 4 for white."""
    path = tmp_path_factory.mktemp("model") / "by_brightness.keras"
    return write_model(path, ("night", "day"), np.full((3, 1), 8 / 3), [-4.0])


@pytest.fixture(scope="session")
def by_colour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of three classes of odd names: the logit of each is its colour's mean, times
    5."""
    path = tmp_path_factory.mktemp("model") / "by_colour.keras"
    return write_model(
        path, ("Löwe & <b>$r$</b>", "grün, 50 %", "blue"), 5 * np.eye(3), np.zeros(3)
    )
