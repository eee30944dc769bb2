"""One pass of pictures through VGG16's ``conv_base``, by TensorFlow and by its peers.

All get the same preprocessed pictures in the same batches, pass a batch on each core at a time, as
the features stage does, and keep float32 results in memory. A peer gets its pictures in the memory
layout that it prefers, and imports nothing of this project, so that it may run in an environment of
its own.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.jobs import Measure, rate

Array = npt.NDArray[np.float32]

BATCH_SIZE = 16
NETWORK = "vgg16.onnx"
KERNELS = "vgg16.npz"
PICTURES = "pictures.npy"
BLOCKS = (2, 2, 3, 3, 3)


def prepare(data: dict[str, str], count: int, folder: str) -> Measure:
    """Write what all start from: the pictures, and the network as ONNX and as arrays."""
    from benchmarks.data import Data
    from benchmarks.jobs.ours import start
    from dogs_vs_cats.backbones.vgg16 import CONVOLUTIONS, load_conv_base, preprocess
    from dogs_vs_cats.compute.backend import keras
    from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures

    paths = Data.read(data)
    _, backbone, classes = start()
    keras.config.set_dtype_policy("float32")

    def measure() -> dict[str, Any]:
        conv_base = load_conv_base(paths.weights, backbone.image_size)
        kernels = {name: conv_base.get_layer(name).get_weights() for name in CONVOLUTIONS}
        target = Path(folder)
        np.savez(
            target / KERNELS,
            **{
                f"{name}/{part}": w
                for name, ws in kernels.items()
                for part, w in zip("wb", ws, strict=True)
            },
        )
        _write_onnx(list(kernels.values()), backbone.image_size, target / NETWORK)
        test = list_pictures(paths.splits / "test", classes)
        rows = _balanced(len(test.paths), count)
        pictures = load_pictures([test.paths[row] for row in rows], backbone.image_size)
        inputs = keras.Input(pictures.shape[1:])
        model = keras.Model(inputs, preprocess(inputs, backbone.preprocessing))
        np.save(target / PICTURES, model.predict(pictures, BATCH_SIZE, verbose=0))
        np.save(target / "labels.npy", test.labels[rows])
        return {"pictures": len(rows)}

    return measure


def _balanced(pictures: int, count: int) -> npt.NDArray[np.int64]:
    return np.linspace(0, pictures - 1, min(count, pictures)).astype(np.int64)


def _write_onnx(kernels: list[list[Array]], size: int, path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, last, layers = [], [], "pictures", iter(kernels)
    for block, convolutions in enumerate(BLOCKS, start=1):
        for convolution in range(convolutions):
            name = f"block{block}_conv{convolution + 1}"
            kernel, bias = next(layers)
            transposed = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
            weights += [
                numpy_helper.from_array(transposed, f"{name}_w"),
                numpy_helper.from_array(bias, f"{name}_b"),
            ]
            inputs = [last, f"{name}_w", f"{name}_b"]
            nodes += [
                helper.make_node("Conv", inputs, [name], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                helper.make_node("Relu", [name], [f"{name}_relu"]),
            ]
            last = f"{name}_relu"
        pool = f"block{block}_pool"
        nodes.append(
            helper.make_node("MaxPool", [last], [pool], kernel_shape=[2, 2], strides=[2, 2])
        )
        last = pool
    graph = helper.make_graph(
        nodes,
        "vgg16",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, size, size])],
        [
            helper.make_tensor_value_info(
                last, TensorProto.FLOAT, ["n", 512, size // 32, size // 32]
            )
        ],
        weights,
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


def tensorflow(folder: str, precision: str, out: str, data: dict[str, str]) -> Measure:
    """This project's pass."""
    from benchmarks.data import Data
    from benchmarks.jobs.ours import start
    from dogs_vs_cats.backbones.vgg16 import load_conv_base
    from dogs_vs_cats.compute.backend import keras, tf

    start(intra_op_threads=1)
    keras.config.set_dtype_policy(precision)  # as the features stage holds its weights
    pictures = np.load(Path(folder) / PICTURES)
    conv_base = load_conv_base(Data.read(data).weights, pictures.shape[1])
    run = tf.function(
        lambda x: tf.cast(conv_base(x, training=False), tf.float32),
        input_signature=[tf.TensorSpec((None, *pictures.shape[1:]), tf.float32)],
    )
    batches = [tf.constant(batch) for batch in _batches(pictures)]
    return _pass(
        lambda: _side_by_side(lambda batch: run(batch).numpy(), batches), out, str(tf.__version__)
    )


def onnxruntime(folder: str, precision: str, out: str) -> Measure:
    """ONNX Runtime's CPU provider, which has float32 kernels alone for convolutions on x86."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(Path(folder) / NETWORK), options, providers=["CPUExecutionProvider"]
    )
    batches = _channels_first(folder)
    return _pass(
        lambda: _side_by_side(lambda batch: session.run(None, {"pictures": batch})[0], batches),
        out,
        str(onnxruntime.__version__),
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

    return _pass(run, out, str(openvino.__version__))


def torch(folder: str, precision: str, out: str) -> Measure:
    """PyTorch, channels last, which is its faster layout for convolutions."""
    import torch

    torch.set_num_threads(1)
    layers: list[Any] = []
    saved = np.load(Path(folder) / KERNELS)
    for block, convolutions in enumerate(BLOCKS, start=1):
        for convolution in range(convolutions):
            name = f"block{block}_conv{convolution + 1}"
            kernel = torch.from_numpy(saved[f"{name}/w"].transpose(3, 2, 0, 1).copy())
            layer = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
            layer.weight.data, layer.bias.data = kernel, torch.from_numpy(saved[f"{name}/b"])
            layers += [layer, torch.nn.ReLU()]
        layers.append(torch.nn.MaxPool2d(2))
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

    return _pass(lambda: _side_by_side(run, batches), out, str(torch.__version__))


def judge(folder: str, data: dict[str, str], outputs: dict[str, str], baseline: str) -> Measure:
    """How far features are from the baseline's, and what ``feature_extraction``'s head says of
    them."""
    from benchmarks.data import Data
    from dogs_vs_cats.models.head import parts
    from dogs_vs_cats.models.saved import load_whole_model

    _, head = parts(load_whole_model(Data.read(data).models / "feature_extraction.keras"))
    labels = np.load(Path(folder) / "labels.npy")

    def measure() -> dict[str, Any]:
        expected = np.load(outputs[baseline])
        found = {}
        for name, path in outputs.items():
            features = np.load(path)
            # TensorFlow's are (height, width, channels) already.
            features = (
                features if features.shape == expected.shape else features.transpose(0, 2, 3, 1)
            )
            difference = np.abs(features - expected)
            says = head.predict(features, verbose=0).ravel() > 0
            found[name] = {
                "max_difference": float(difference.max()),
                "mean_difference": float(difference.mean()),
                "mean_feature": float(np.abs(expected).mean()),
                "accuracy": float((says == (labels > 0)).mean()),
            }
        return found

    return measure


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _side_by_side(run: Callable[[Any], Array], batches: list[Any]) -> list[Array]:
    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(run, batches))


def _batches(pictures: Array) -> list[Array]:
    return [pictures[start : start + BATCH_SIZE] for start in range(0, len(pictures), BATCH_SIZE)]


def _channels_first(folder: str) -> list[Array]:
    pictures = np.load(Path(folder) / PICTURES)
    return [np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) for batch in _batches(pictures)]


def _pass(run: Callable[[], Iterable[Array]], out: str, version: str) -> Measure:
    """Times a pass; the first, untimed, writes its features to ``out``."""
    features = np.concatenate(list(run()))
    np.save(out, features)

    timed = rate(run, len(features))
    return lambda: {**timed(), "version": version}
