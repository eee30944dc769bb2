"""One pass of pictures through VGG16's ``conv_base``, by TensorFlow and by its peers.

All get the same preprocessed pictures in the same batches, pass a batch on each core at a time, as
the features stage does, and keep float32 results in memory. A peer gets its pictures in the memory
layout that it prefers, and imports nothing of this project that needs a package, so that it may run
in an environment of its own.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.data import CLASSES
from benchmarks.jobs import Measure, Result, timed
from dogs_vs_cats.project.layout import Layout

Array = npt.NDArray[np.float32]

BATCH_SIZE = 16
NETWORK = "vgg16.onnx"
WEIGHTS = "vgg16.npz"
"""Kernel and bias of each convolution in turn, as Keras shapes them."""
PICTURES = "pictures.npy"
LABELS = "labels.npy"
LAYERS = [
    f"block{block}_{layer}"
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1)
    for layer in (*(f"conv{each + 1}" for each in range(convolutions)), "pool")
]


def prepare(root: str, count: int, folder: str) -> Result:
    """Write what all start from: the pictures, and the network as ONNX and as arrays."""
    from benchmarks.jobs.ours import start
    from dogs_vs_cats.backbones.networks import load_conv_base, preprocess
    from dogs_vs_cats.compute.backend import keras
    from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures

    layout, target = Layout(Path(root)), Path(folder)
    _, params = start()
    keras.config.set_dtype_policy("float32")
    size = params.backbone.image_size
    weights = load_conv_base(layout.weights, params.backbone).get_weights()
    np.savez(target / WEIGHTS, *weights)
    _write_onnx(weights, size, target / NETWORK)
    test = list_pictures(layout.splits / "test", CLASSES)
    total = len(test.paths)
    rows = np.linspace(0, total - 1, min(count, total)).astype(np.int64)  # of both classes
    pictures = load_pictures([test.paths[row] for row in rows], size)
    inputs = keras.Input(pictures.shape[1:])
    model = keras.Model(inputs, preprocess(inputs, params.backbone))
    np.save(target / PICTURES, model.predict(pictures, BATCH_SIZE, verbose=0))
    np.save(target / LABELS, test.labels[rows])
    return {"pictures": len(rows)}


def _write_onnx(weights: list[Array], size: int, path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, initializers, last, arrays = [], [], "pictures", iter(weights)
    for name in LAYERS:
        if name.endswith("pool"):
            last, inputs = name, [last]
            nodes.append(
                helper.make_node("MaxPool", inputs, [name], kernel_shape=[2, 2], strides=[2, 2])
            )
            continue
        kernel = np.ascontiguousarray(next(arrays).transpose(3, 2, 0, 1))
        initializers += [
            numpy_helper.from_array(kernel, f"{name}_w"),
            numpy_helper.from_array(next(arrays), f"{name}_b"),
        ]
        inputs = [last, f"{name}_w", f"{name}_b"]
        last = f"{name}_relu"
        nodes += [
            helper.make_node("Conv", inputs, [name], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [name], [last]),
        ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, side, side])
        for name, channels, side in (("pictures", 3, size), (last, 512, size // 32))
    ]
    graph = helper.make_graph(nodes, "vgg16", ends[:1], ends[1:], initializers)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


def tensorflow(folder: str, precision: str, out: str, root: str) -> Measure:
    """This project's pass."""
    from benchmarks.jobs.ours import start
    from dogs_vs_cats.backbones.networks import load_conv_base
    from dogs_vs_cats.compute.backend import keras, tf

    _, params = start(intra_op_threads=1)
    keras.config.set_dtype_policy(precision)  # as the features stage holds its weights
    batches = _batches(folder)
    shape = batches[0].shape[1:]
    conv_base = load_conv_base(Layout(Path(root)).weights, params.backbone)
    run = tf.function(
        lambda x: tf.cast(conv_base(x, training=False), tf.float32),
        input_signature=[tf.TensorSpec((None, *shape), tf.float32)],
    )
    return _side_by_side(
        lambda batch: run(batch).numpy(), map(tf.constant, batches), out, tf.__version__
    )


def onnxruntime(folder: str, precision: str, out: str) -> Measure:
    """ONNX Runtime's CPU provider, which has float32 kernels alone for convolutions on x86."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(Path(folder) / NETWORK), options, providers=["CPUExecutionProvider"]
    )
    return _side_by_side(
        lambda batch: session.run(None, {"pictures": batch})[0],
        _channels_first(folder),
        out,
        onnxruntime.__version__,
    )


def openvino(folder: str, precision: str, out: str) -> Measure:
    """OpenVINO, its streams set to one a core."""
    import openvino

    batches = _channels_first(folder)
    core = openvino.Core()
    network = core.read_model(Path(folder) / NETWORK)
    network.reshape([-1, *batches[0].shape[1:]])
    compiled = core.compile_model(
        network,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": _cores(),
            "INFERENCE_NUM_THREADS": _cores(),
        },
    )
    queue = openvino.AsyncInferQueue(compiled, _cores())

    def run() -> list[Array]:
        results: dict[int, Array] = {}

        def keep(request: Any, number: int) -> None:
            results[number] = request.get_output_tensor(0).data.astype(np.float32)

        queue.set_callback(keep)
        for number, batch in enumerate(batches):
            queue.start_async(batch, number)
        queue.wait_all()
        return [results[number] for number in range(len(batches))]

    return _pass(run, out, openvino.__version__)


def torch(folder: str, precision: str, out: str) -> Measure:
    """PyTorch, channels last, which is its faster layout for convolutions."""
    import torch

    torch.set_num_threads(1)
    layers: list[Any] = []
    saved = np.load(Path(folder) / WEIGHTS)
    arrays = (torch.from_numpy(saved[name]) for name in saved.files)
    for name in LAYERS:
        if name.endswith("pool"):
            layers.append(torch.nn.MaxPool2d(2))
            continue
        kernel = next(arrays).permute(3, 2, 0, 1).contiguous()
        layer = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
        layer.weight.data, layer.bias.data = kernel, next(arrays)
        layers += [layer, torch.nn.ReLU()]
    dtype = getattr(torch, precision)
    network = torch.nn.Sequential(*layers).eval().to(dtype).to(memory_format=torch.channels_last)
    batches = [
        torch.from_numpy(batch).contiguous(memory_format=torch.channels_last)
        for batch in _channels_first(folder)
    ]

    def run(batch: Any) -> Array:
        with torch.inference_mode():
            result: Array = network(batch.to(dtype)).float().numpy()
        return result

    return _side_by_side(run, batches, out, torch.__version__)


def judge(folder: str, root: str, outputs: dict[str, str], baseline: str) -> Result:
    """How far features are from the baseline's, and what ``feature_extraction``'s head says of
    them."""
    from dogs_vs_cats.models.head import parts
    from dogs_vs_cats.models.saved import load_whole_model

    _, head = parts(load_whole_model(Layout(Path(root)).model("feature_extraction")))
    positive = np.load(Path(folder) / LABELS) > 0
    expected = np.load(outputs[baseline])
    found = {}
    for name, path in outputs.items():
        features = np.load(path)
        if features.shape != expected.shape:  # TensorFlow's are (height, width, channels)
            features = features.transpose(0, 2, 3, 1)
        difference = np.abs(features - expected)
        says = head.predict(features, verbose=0).ravel() > 0
        found[name] = {
            "max_difference": float(difference.max()),
            "mean_difference": float(difference.mean()),
            "mean_feature": float(np.abs(expected).mean()),
            "accuracy": float((says == positive).mean()),
        }
    return found


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _batches(folder: str) -> list[Array]:
    pictures = np.load(Path(folder) / PICTURES)
    return [pictures[start : start + BATCH_SIZE] for start in range(0, len(pictures), BATCH_SIZE)]


def _channels_first(folder: str) -> list[Array]:
    return [np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) for batch in _batches(folder)]


def _side_by_side(
    run: Callable[[Any], Array], batches: Iterable[Any], out: str, version: object
) -> Measure:
    """:func:`_pass` with a batch on each core at a time."""
    batches = list(batches)

    def side_by_side() -> list[Array]:
        with ThreadPoolExecutor(_cores()) as pool:
            return list(pool.map(run, batches))

    return _pass(side_by_side, out, version)


def _pass(run: Callable[[], list[Array]], out: str, version: object) -> Measure:
    """Times a pass; the first, untimed, writes its features to ``out``."""
    features = np.concatenate(run())
    np.save(out, features)
    measure = timed(run, len(features))
    return lambda: {**measure(), "version": str(version)}
