#!/usr/bin/env bash
# Keras 3.15.1 with TensorFlow 2.21.0: EfficientNetB0's weights give other answers in another process
# than in the call that fetched them.
#
# Guess: EfficientNetB0(weights="imagenet") and EfficientNetB0(weights=None) followed by load_weights
# of the same file are one network, as for VGG16.
# Seen: only weights="imagenet" adds a layer that divides by the square root of ImageNet's deviations
# once more (the files were made for it); it has no weights, so the file loads into the network
# without it, and no warning tells that its pictures are half as strong. A saved copy of the file
# named by path (weights=PATH) lacks the layer too. EfficientNetV2 and the others have no such layer.
# Nothing is fetched here: what the download would give is a file of random weights.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow==2.21.0 keras==3.15.1
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - <<'PYTHON'
import sys
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf

print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}")
pictures = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype("float32")


def networks(name: str):
    """One file of weights in the three ways: downloaded, by load_weights, by its path."""
    build = getattr(keras.applications, name)
    arguments = {"include_top": False, "input_shape": (64, 64, 3)}
    keras.utils.set_random_seed(0)
    loaded = build(weights=None, **arguments)
    loaded.save_weights("file.weights.h5")
    with patch("keras.src.utils.file_utils.get_file", lambda *_, **__: "file.weights.h5"):
        downloaded = build(weights="imagenet", **arguments)
    return downloaded, loaded, build(weights="file.weights.h5", **arguments)


def differences(name: str) -> list[bool]:
    downloaded, *others = networks(name)
    answers = downloaded(pictures, training=False)
    differ = []
    for how, other in zip(("load_weights", "weights=PATH"), others, strict=True):
        by = np.linalg.norm(other(pictures, training=False) - answers) / np.linalg.norm(answers)
        layers = len(downloaded.layers) - len(other.layers)
        print(f"{name}, {how}: {layers} layers fewer, features differ by {by:.0%}")
        differ.append(bool(by > 0.01))
    return differ


seen = differences("EfficientNetB0"), differences("EfficientNetV2B0")
sys.exit(0 if seen == ([True, True], [False, False]) else "changed")
PYTHON
