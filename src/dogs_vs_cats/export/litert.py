"""LiteRT, which was TensorFlow Lite: written by TensorFlow's own converter."""

import warnings
from pathlib import Path

import numpy as np

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.export.program import INPUT, OUTPUTS, Program, Run
from dogs_vs_cats.project.files import temporary_directory


def write(program: Program, path: Path, int8: bool = False) -> None:
    """Write a ``.tflite`` file, whose weights are in INT8 on request (dynamic range quantisation).

    Frozen first: else the converter leaves reads of Keras' variables, which the interpreter
    refuses. Quantised throughout, by training pictures, the resizing would divide by what was
    rounded to 0 (TensorFlow 2.21: "div.cc:242 data[i] != 0 was not true").
    """
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    frozen = convert_variables_to_constants_v2(program.__call__.get_concrete_function())
    module = tf.Module()
    module.run = tf.function(
        lambda pictures: dict(zip(sorted(OUTPUTS), frozen(pictures), strict=True)),
        input_signature=program.__call__.input_signature,
    )
    with temporary_directory() as folder:
        tf.saved_model.save(
            module,
            str(folder / "frozen"),
            signatures=module.run.get_concrete_function(),
            # Of swish, whose gradient holds a tensor of the function before it was frozen.
            options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "frozen"))
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def load(path: Path) -> Run:
    """Run a ``.tflite`` file by the interpreter that TensorFlow has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that LiteRT is a package of its own now
        run = tf.lite.Interpreter(str(path)).get_signature_runner()
    return lambda pixels: run(**{INPUT: pixels[np.newaxis]})[OUTPUTS[1]][0].copy()
