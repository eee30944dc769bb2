"""The formats: how each is written, and how it is run to be held against the model."""

import importlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.decoding import Pixels
from dogs_vs_cats.export import litert
from dogs_vs_cats.export.program import INPUT, OUTPUTS, Program, Run
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.quiet import without


@dataclass(frozen=True)
class Format:
    """A way to write a model."""

    name: str
    file: str
    """Within the folder of the export; a folder for ``tf_saved_model``."""
    packages: tuple[str, ...]
    """Of this project's extra ``export``, which writing it takes."""
    write: Callable[[Program, Path], None]
    load: Callable[[Path], Run]
    client: str
    """Python that runs it on ``pixels``, uint8 (height, width, 3)."""
    int8: str | None = "convolutions in INT8"
    """What is so on request; None: nothing can be."""
    calibrated: bool = True
    """Whether pictures choose the ranges of INT8."""


def require(chosen: Format, int8: bool) -> None:
    """Refuse what cannot be written here.

    Raises:
        PipelineError: a package is not installed, or the format has no INT8 here.
    """
    if int8 and chosen.int8 is None:
        others = [each.name for each in FORMATS.values() if each.int8]
        raise PipelineError(f"{chosen.name} has no INT8 here; take {', '.join(others)}.")
    for package in chosen.packages:
        try:
            importlib.import_module(package)
        except ImportError:
            raise PipelineError(
                f'{chosen.name} needs package {package}. Run `pip install -e ".[export]"` in the'
                " checkout."
            ) from None


def write(
    chosen: Format, program: Program, path: Path, int8: bool, calibration: Sequence[Pixels] = ()
) -> None:
    """Write a model.

    Args:
        chosen: how.
        program: what.
        path: where to.
        int8: whether it is quantised; see :attr:`Format.int8`.
        calibration: pictures to choose INT8's ranges by, where the format has them chosen.

    Raises:
        PipelineError: see :func:`require`.
    """
    require(chosen, int8)
    if not int8:
        chosen.write(program, path)
        return
    if chosen.name == "litert":
        litert.write(program, path, int8=True)
        return
    whole, quantised = path.with_name("float32.onnx"), path.with_name("int8.onnx")
    _write_onnx(program, whole)
    _quantise(whole, quantised, calibration)
    whole.unlink()
    if chosen.name == "onnx":
        quantised.rename(path)
    else:
        _save_openvino(quantised, path)
        quantised.unlink()


def _write_saved_model(program: Program, path: Path) -> None:
    tf.saved_model.save(program, str(path), signatures=_function(program))


def _load_saved_model(path: Path) -> Run:
    loaded = tf.saved_model.load(str(path))
    function = loaded.signatures["serving_default"]
    return lambda pixels: function(tf.constant(pixels[np.newaxis]))[OUTPUTS[1]].numpy()[0]


def _write_onnx(program: Program, path: Path) -> None:
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    tf2onnx.convert.from_function(
        program.__call__,
        input_signature=program.__call__.input_signature,
        opset=18,
        output_path=str(path),
    )


def _load_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run([OUTPUTS[1]], {INPUT: pixels[np.newaxis]})[0][0]


def _quantise(path: Path, quantised: Path, calibration: Sequence[Pixels]) -> None:
    """Convolutions in INT8, the rest as it was.

    By ONNX Runtime's own tool: Keras' ``quantize("int8")`` gives models that other runtimes compute
    otherwise without a word.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._pictures: Iterator[Pixels] = iter(calibration)

        def get_next(self) -> dict[str, Any] | None:
            picture = next(self._pictures, None)
            return None if picture is None else {INPUT: picture[np.newaxis]}

    logging.getLogger().setLevel(logging.ERROR)  # advice on shapes that do not matter here
    quantize_static(
        path,
        quantised,
        Reader(),
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def _write_openvino(program: Program, path: Path) -> None:
    _save_openvino(_function(program), path)


def _save_openvino(source: Any, path: Path) -> None:
    with without("openvino_telemetry"):
        import openvino

    model = openvino.convert_model(source)
    for result in model.get_results():
        # A swish within becomes an output of its own (findings/openvino_swish_outputs.sh).
        if result.output(0).get_names().isdisjoint(OUTPUTS):
            model.remove_result(result)
    openvino.save_model(model, path, compress_to_fp16=False)


def _load_openvino(path: Path) -> Run:
    with without("openvino_telemetry"):
        import openvino

    # Unasked, its CPU plugin computes in bfloat16 where the processor has it.
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", hints)
    return lambda pixels: compiled(pixels[np.newaxis])[OUTPUTS[1]][0].copy()


def _function(program: Program) -> Any:
    return program.__call__.get_concrete_function()


FORMATS = {
    each.name: each
    for each in (
        Format(
            name="onnx",
            file="model.onnx",
            packages=("tf2onnx", "onnxruntime"),
            write=_write_onnx,
            load=_load_onnx,
            client="""\
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
(probabilities,) = session.run(["probabilities"], {"pictures": pixels[np.newaxis]})[0]""",
        ),
        Format(
            name="openvino",
            file="model.xml",
            packages=("openvino",),
            write=_write_openvino,
            load=_load_openvino,
            client="""\
import openvino

hints = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16, where the processor has it
model = openvino.Core().compile_model("model.xml", "CPU", hints)
(probabilities,) = model(pixels[np.newaxis])["probabilities"]""",
        ),
        Format(
            name="litert",
            file="model.tflite",
            packages=(),
            write=litert.write,
            load=litert.load,
            client="""\
import tensorflow as tf  # or, of package ai-edge-litert: from ai_edge_litert.interpreter import …

run = tf.lite.Interpreter("model.tflite").get_signature_runner()
(probabilities,) = run(pictures=pixels[np.newaxis])["probabilities"]""",
            int8="weights in INT8",
            calibrated=False,
        ),
        Format(
            name="tf_saved_model",
            file="model",
            packages=(),
            write=_write_saved_model,
            load=_load_saved_model,
            int8=None,
            client="""\
import tensorflow as tf

model = tf.saved_model.load("model").signatures["serving_default"]
(probabilities,) = model(tf.constant(pixels[np.newaxis]))["probabilities"].numpy()""",
        ),
    )
}
