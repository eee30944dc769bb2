"""A model in another runtime's format, with what a reader needs to use it, or not at all."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.evaluation import deciding
from dogs_vs_cats.export.formats import Format, require, write
from dogs_vs_cats.export.parity import Parity, check, parity
from dogs_vs_cats.export.program import Program
from dogs_vs_cats.prediction.model_file import Model
from dogs_vs_cats.prediction.predict import predict_files
from dogs_vs_cats.project.files import whole_directory, write_json
from dogs_vs_cats.project.layout import Layout

CALIBRATION = 128
"""Training pictures, of all classes alike, that INT8's ranges are chosen by."""

_README = """\
# {method}: {classes}

`{file}` ({format}{int8}), made by `dogs-vs-cats export`.

Input `pictures`: uint8 RGB (batch, height, width, 3), of any size, upright. It is resized inside,
as the training was. Outputs, float32 (batch, {count}): `probabilities`, and `scores`, which stand
before the last sigmoid or softmax. Their classes are, in this order: {classes}.

```python
import numpy as np
from PIL import Image, ImageOps

pixels = np.asarray(ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB"))
{client}
print(dict(zip({names!r}, map(float, probabilities))))
```

Held against the model on {pictures:,} test pictures: probabilities differ by {difference:.2g} at
most, {differ} decisions differ, the accuracy is {accuracy:.1%} ({low:.1%} to {high:.1%}; the
model's own is {own:.1%}). It took {milliseconds:.0f} ms a picture where it was written, and
{megabytes:.1f} MB. The numbers are in `parity.json`.
"""
_DECIDING = """
## Deciding

The probabilities are as the model says. `decision.json` holds what was chosen on the validation
pictures: a temperature that calibrates them, what mistakes cost, and how sure is sure enough.
`deciding.py`, which needs NumPy alone, goes by it. After the lines above:

```python
import json

from deciding import Decision, told

with open("decision.json", encoding="utf-8") as file:
    chosen = Decision.of(json.load(file))
calibrated, label, sure = told(probabilities, {names!r}, "decided", chosen)
print({names!r}[label] if sure else "not sure", calibrated)
```
"""


def export(model: Model, chosen: Format, int8: bool, layout: Layout, out: Path) -> Parity:
    """Write a model into a folder, held against itself; or leave what was there.

    Args:
        model: which.
        chosen: how.
        int8: whether it is quantised (:attr:`Format.int8`).
        layout: of the project whose test pictures it is held against, and whose training pictures
            choose INT8's ranges.
        out: the folder.

    Raises:
        PipelineError: pictures or packages are missing, or the export differs from the model.
    """
    require(chosen, int8)
    classes = model.classes
    test = list_pictures(layout.splits / "test", classes)
    calibration: list[Any] = []
    if int8 and chosen.calibrated:
        train = list_pictures(layout.splits / "train", classes).paths
        some = np.linspace(0, len(train) - 1, min(CALIBRATION, len(train))).astype(int)
        calibration = [np.ascontiguousarray(upright(train[index].read_bytes())) for index in some]
    batches = predict_files(model.network, test.paths, 32)
    expected = np.concatenate([batch.probabilities for batch in batches])
    with whole_directory(out) as folder:
        file = folder / chosen.file
        write(chosen, Program(model.network), file, int8, calibration)
        found = parity(chosen.load(file), test.paths, test.labels, expected, folder)
        check(found, int8)
        write_json(folder / "parity.json", found.as_dict())
        text = _README.format(
            method=model.about.method,
            classes=", ".join(classes),
            names=list(classes),
            count=len(classes),
            file=chosen.file,
            format=chosen.name,
            int8=f", {chosen.int8}" if int8 else "",
            client=chosen.client,
            pictures=found.pictures,
            difference=found.largest_difference,
            differ=found.decisions_differ or "no",
            accuracy=found.accuracy,
            low=found.accuracy_low,
            high=found.accuracy_high,
            own=found.model_accuracy,
            milliseconds=found.milliseconds,
            megabytes=found.bytes / 1e6,
        )
        if model.decision:
            text += _DECIDING.format(names=list(classes))
            write_json(folder / "decision.json", asdict(model.decision))
            shutil.copyfile(deciding.__file__, folder / "deciding.py")
        (folder / "README.md").write_text(text, encoding="utf-8")
    return found
