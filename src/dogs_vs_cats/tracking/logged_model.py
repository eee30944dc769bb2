"""A trained model in MLflow, ready to be loaded and served."""

import json
import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from dogs_vs_cats.models.saved import Description, describe, load_whole_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.tracking.store import Store

_LONGEST_TAG = 5000
"""Characters that every store takes."""


def log_model(store: Store, run_id: str, path: Path) -> str:
    """Log a model file with a run, through MLflow's Keras flavour.

    It has a signature (uint8 pictures to float32 probabilities of each class), an input example
    and pinned requirements. Its metadata are the :class:`~dogs_vs_cats.models.saved.Description`
    that stands in the file; its tags tell the same. The file within is the one given, byte for
    byte.

    Args:
        store: where.
        run_id: the run that made it.
        path: a ``.keras`` file of :func:`dogs_vs_cats.models.saved.save_model`.

    Returns:
        The model's id.

    Raises:
        PipelineError: the file is missing or is not such a model.
    """
    # Keras first: its banner is silenced there.
    model = load_whole_model(path)
    description = describe(path)
    if description is None:
        raise PipelineError(
            f"{path} does not tell what its classes are called. Train it again with `dvc repro`."
        )
    import mlflow.keras
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    height, width, channels = model.input_shape[1:]
    # A picture that belongs to nobody: grey, from dark on the left to light on the right.
    row = np.linspace(64, 191, width).astype(np.uint8)[:, np.newaxis]
    example = np.broadcast_to(row, (1, height, width, channels)).copy()
    # Stands in for the model where it is saved: writing it anew would change the bytes.
    saved = SimpleNamespace(save=lambda target, **_: shutil.copyfile(path, target))
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.uint8), (-1, height, width, channels))]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, len(description.classes)))]),
    )
    logged = store.client.create_logged_model(
        store.experiment_id, name=model.name, source_run_id=run_id, tags=_tags(description)
    )
    with temporary_directory() as temporary:
        folder = temporary / "model"
        folder.mkdir()  # the flavour writes the example before it makes the folder
        mlflow.keras.save_model(
            saved,
            str(folder),
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                run_id=run_id,
                model_uuid=logged.model_id,
                model_id=logged.model_id,
                metadata=asdict(description),
            ),
            signature=signature,
            input_example=example,
            pip_requirements=[
                f"{package}=={version(package)}"
                for package in ("mlflow", "keras", "tensorflow", "numpy")
            ],
        )
        store.client.log_model_artifacts(logged.model_id, str(folder))
    store.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    # Last, because a model that is READY is not looked at again.
    store.client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _tags(description: Description) -> dict[str, str]:
    """The tags :data:`dogs_vs_cats.tracking.registry.DESCRIBING`."""
    classes = json.dumps(description.classes, ensure_ascii=False)
    if len(classes) > _LONGEST_TAG:
        classes = f"{len(description.classes)}, named in the model's metadata"
    return {
        "classes": classes,
        "image_size": str(description.image_size),
        "preprocessing": description.preprocessing,
    }
