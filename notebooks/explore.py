# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A finished run, explored
#
# After `dvc repro`, or `make demo` with `DOGS_VS_CATS_PROJECT=.demo`: which method is best, where it
# errs, and what it looks at.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd

from dogs_vs_cats import load_model, manifest, results
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models.saved import side_of
from dogs_vs_cats.visualization import grad_cam

ROOT = Path(os.environ.get("DOGS_VS_CATS_PROJECT", "..")).resolve()

# %% [markdown]
# ## Which method is best?

# %%
reached = results(ROOT)
reached[["accuracy", "accuracy_low", "accuracy_high", "roc_auc", "seconds_to_model"]]

# %%
below = reached["accuracy"] - reached["accuracy_low"]
above = reached["accuracy_high"] - reached["accuracy"]
plt.errorbar(reached["accuracy"], reached.index, xerr=[below, above], fmt="o", capsize=4)
plt.xlabel("test accuracy with 95 % interval")
plt.show()

# %% [markdown]
# Is a difference one? Exact McNemar tests on the same pictures, with Holm's correction:

# %%
pd.read_csv(ROOT / "reports" / "significance.csv")

# %% [markdown]
# ## What was it trained on?

# %%
chosen = manifest(ROOT)
chosen.groupby(["split", "class"]).agg(pictures=("file", "size"), megabytes=("bytes", "sum"))

# %% [markdown]
# ## Where does the best one err?

# %%
best = reached["accuracy"].idxmax()
predictions = pd.read_csv(ROOT / "reports" / "predictions" / f"{best}.csv")
pd.crosstab(predictions["actual"], predictions["predicted"])

# %%
of_actual = predictions.apply(lambda row: row[f"probability_{row['actual']}"], axis="columns")
worst = predictions.assign(of_actual=of_actual).nsmallest(8, "of_actual")
model = load_model(best, ROOT)
side = side_of(model.network)
pictures = load_pictures([ROOT / "data" / "splits" / file for file in worst["file"]], side)
labels = np.array([[model.classes.index(name)] for name in worst["predicted"]])
explanation = grad_cam.explain(model.network, pictures, labels)

figure, axes = plt.subplots(2, 8, figsize=(18, 5))
for column, (row, picture) in enumerate(zip(worst.itertuples(), pictures)):
    heat = grad_cam.resize(explanation.maps[column, 0], explanation.network, side)
    axes[0, column].imshow(picture)
    axes[0, column].set_title(f"{row.actual}, {row.of_actual:.0%} sure of it", fontsize=9)
    axes[1, column].imshow(picture)
    axes[1, column].imshow(heat, cmap="inferno", alpha=0.5)
    axes[1, column].set_title(f"looks for {row.predicted}", fontsize=9)
for place in axes.flat:
    place.axis("off")
plt.show()

# %% [markdown]
# ## Is 90 % sure right in 90 of 100?

# %%
bins = pd.read_csv(ROOT / "reports" / "calibration" / f"{best}.csv").dropna()
plt.plot([0, 1], [0, 1], linestyle=":", color="grey")
plt.plot(bins["mean_probability"], bins["observed_share"], marker="o")
plt.xlabel("probability")
plt.ylabel("share that is so")
plt.show()

# %% [markdown]
# ## The runs in MLflow
#
# `make ui` shows them in a browser.

# %%
mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{ROOT}/mlflow.db")
runs = mlflow.search_runs(experiment_names=["dogs-vs-cats"])
runs.filter(regex="tags.mlflow.runName|metrics.(validation|test)_accuracy$").dropna()
