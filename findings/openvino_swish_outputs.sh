#!/usr/bin/env bash
# OpenVINO 2026.4.1 with TensorFlow 2.21.0: a converted tf.function gives more outputs than the function.
#
# Guess: openvino.convert_model of a function with one output is a model with one output.
# Seen: each swish (silu) in it adds an output, the layer's values, which no caller asked for and no
# message tells of; ReLU, sigmoid and GELU add none. (TensorFlow gives swish a gradient of its own.)
# EfficientNets and MobileNetV3 are full of it: their inner maps are computed and held as results.
# Naming the outputs, convert_model(function, output=[...]), gives what the function gives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 openvino==2026.4.1
"$folder/venv/bin/pip" uninstall --quiet --yes openvino-telemetry # it would report the conversions
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - <<'PYTHON'
import sys

import keras
import openvino
import tensorflow as tf

print(f"OpenVINO {openvino.__version__}, TensorFlow {tf.__version__}, Keras {keras.__version__}")


def outputs(activation: str) -> tuple[int, int, int]:
    """Of the function, of the model converted from it, and of one told the output."""
    hidden = keras.layers.Dense(4, activation=activation)
    model = keras.Sequential([keras.Input((8,)), hidden, keras.layers.Dense(3)])
    rows = tf.TensorSpec((2, 8), tf.float32)
    graph = tf.function(model.__call__).get_concrete_function(rows)
    converted = openvino.convert_model(graph).outputs
    told = openvino.convert_model(graph, output=[graph.outputs[0].name]).outputs
    shapes = [tuple(output.shape) for output in converted]
    print(f"{activation}: function {len(graph.outputs)}, converted {shapes}, told {len(told)}")
    return len(graph.outputs), len(converted), len(told)


seen = {name: outputs(name) for name in ("relu", "sigmoid", "gelu", "swish")}
expected = dict.fromkeys(("relu", "sigmoid", "gelu"), (1, 1, 1)) | {"swish": (1, 2, 1)}
sys.exit(0 if seen == expected else "changed")
PYTHON
