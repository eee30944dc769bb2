"""A trained model in MLflow, ready to be loaded and served as ``picture_model.py`` says."""

import json
import shutil
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from dogs_vs_cats import evaluation
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data import reading
from dogs_vs_cats.models.saved import Description, describe, load_whole_model, side_of
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.tracking.office import MODEL_FILE
from dogs_vs_cats.tracking.store import Store

_PACKED = "picture_reading"
"""What this project's reading of pictures is called within a model: by its own name it would stand
in the way of this project where both are installed."""
_LONGEST_TAG = 5000
"""Characters that every store takes."""


def log_model(store: Store, run_id: str, path: Path) -> str:
    """Log a model file with a run, as one that takes picture files and names what is in them.

    It needs nothing of this project where it is loaded: what reads pictures is packed with it, and
    its requirements are pinned. Its metadata are the
    :class:`~dogs_vs_cats.models.saved.Description` that stands in the file; its tags tell the same.
    What was chosen for its answers comes later (:mod:`dogs_vs_cats.tracking.decision`).

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
    side_of(model)
    description = describe(path)
    if description is None:
        raise PipelineError(
            f"{path} does not tell what its classes are called. Train it again with `dvc repro`."
        )
    import mlflow.pyfunc
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import ParamSchema, ParamSpec

    logged = store.client.create_logged_model(
        store.experiment_id, name=model.name, source_run_id=run_id, tags=_tags(description)
    )
    with temporary_directory() as temporary:
        folder = temporary / "model"
        named = temporary / Path(MODEL_FILE).name
        shutil.copyfile(path, named)
        about = Model(
            artifact_path=logged.artifact_location,
            run_id=run_id,
            model_uuid=logged.model_id,
            model_id=logged.model_id,
            metadata=asdict(description),
            # Of inputs none: MLflow would take either files or pixels, and not as they were sent.
            signature=ModelSignature(params=ParamSchema([ParamSpec("answers", "string", "raw")])),
        )
        # For mlflow.keras.load_model, which gives the Keras model itself.
        about.add_flavor(
            "keras",
            data=Path(MODEL_FILE).parent.name,
            keras_version=keras.__version__,
            keras_backend=keras.backend.backend(),
            save_exported_model=False,
        )
        mlflow.pyfunc.save_model(
            str(folder),
            loader_module=_pack(temporary / _PACKED),
            data_path=str(named),
            code_paths=[str(temporary / _PACKED)],
            mlflow_model=about,
            signature=False,  # as it stands above: given here, MLflow asks for an example
            pip_requirements=_requirements(),
        )
        store.client.log_model_artifacts(logged.model_id, str(folder))
    store.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    # Last, because a model that is READY is not looked at again.
    store.client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _pack(folder: Path) -> str:
    """Copy what a model needs of this project into a folder, by the name that it has there.

    Returns:
        The module to load it with.
    """
    folder.mkdir()
    (folder / "__init__.py").touch()
    read, choosing = Path(reading.__path__[0]), Path(evaluation.__path__[0], "deciding.py")
    loader = Path(__file__).with_name("picture_model.py")
    for module in (read / "decoding.py", read / "jpeg.py", choosing, loader):
        text = module.read_text(encoding="utf-8")
        for room in (reading, evaluation):
            text = text.replace(f"{room.__name__}.", f"{_PACKED}.")
        (folder / module.name).write_text(text, encoding="utf-8")
    return f"{_PACKED}.{loader.stem}"


def _requirements() -> list[str]:
    read = ["pillow", "simplejpeg", *(["pillow-heif"] if "pillow_heif" in sys.modules else [])]
    packages = ("mlflow", "keras", "tensorflow", "numpy", "pandas", *read)
    return [f"{package}=={version(package)}" for package in packages]


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
