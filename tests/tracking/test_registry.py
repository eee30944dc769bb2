import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.keras import load_model
from tracked_project import CLASSES

from dogs_vs_cats.evaluation.deciding import Decision
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.champion import fetch_champion
from dogs_vs_cats.tracking.mirror import track
from dogs_vs_cats.tracking.office import CHAMPION, REGISTERED_MODEL
from dogs_vs_cats.tracking.store import EXPERIMENT


def versions(project: Any) -> list[Any]:
    found = project.client().search_model_versions(f"name = '{REGISTERED_MODEL}'")
    return sorted(found, key=lambda version: int(version.version))


def champion(project: Any) -> Any:
    return project.client().get_model_version_by_alias(REGISTERED_MODEL, CHAMPION)


def test_each_methods_model_is_a_version_that_names_its_run_and_evidence(project: Any) -> None:
    track(Layout())
    runs = project.runs_by_method()
    assert [version.tags["method"] for version in versions(project)] == list(METHODS)
    for version in versions(project):
        method = version.tags["method"]
        assert version.run_id == runs[method].info.run_id
        assert f"{method}: validation accuracy 75.0%" in version.description
        assert "Test accuracy 75.0% (65.0% to 85.0%" in version.description
        assert json.loads(version.tags["classes"]) == [*CLASSES]
        assert (version.tags["image_size"], version.tags["preprocessing"]) == ("150", "rescale")


def test_a_version_and_its_model_tell_what_was_chosen_for_its_answers(project: Any) -> None:
    track(Layout())

    def told() -> list[dict[str, Any]]:
        client = project.client()
        experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
        models = client.search_logged_models([experiment])
        tags = {model.artifact_location: model.tags for model in models}
        told = []
        for version in versions(project):
            folder = Path(url2pathname(urlsplit(version.source).path))
            beside = json.loads((folder / "data/decision.json").read_text())
            logged = tags[version.source]["decision"]
            assert json.loads(version.tags["decision"]) == beside == json.loads(logged)
            told.append(beside)
        return told

    assert [each["temperature"] for each in told()] == [2.0] * 5
    before = [version.version for version in versions(project)]
    project.write_evaluation(accuracy=0.75, temperature=3.0)
    assert "5 updated" in track(Layout())
    assert [each["temperature"] for each in told()] == [3.0] * 5
    assert [version.version for version in versions(project)] == before
    assert "updated" not in track(Layout())


def test_a_champion_elsewhere_brings_what_was_chosen(project: Any, tmp_path: Path) -> None:
    track(Layout())
    (project.root / "reports/evaluation.json").unlink()
    found = fetch_champion(project.root, tmp_path)
    assert found.decision == Decision(2.0, {}, 0.9)


def test_the_champion_is_the_best_on_validation_whatever_the_test_says(project: Any) -> None:
    project.write_reached("frozen_base", validation_accuracy=0.9)
    project.write_reached("fine_tuning", validation_accuracy=0.8)
    track(Layout())
    assert champion(project).tags["method"] == "frozen_base"


def test_the_champion_loads_by_its_alias(project: Any) -> None:
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{project.root}/mlflow.db")
    model = load_model(f"models:/{REGISTERED_MODEL}@{CHAMPION}")
    assert model.name == "frozen_base"


def test_tracking_again_adds_no_version(project: Any) -> None:
    track(Layout())
    before = [(version.version, version.last_updated_timestamp) for version in versions(project)]
    track(Layout())
    again = [(version.version, version.last_updated_timestamp) for version in versions(project)]
    assert again == before


def test_a_better_training_is_a_new_version_and_takes_the_title(project: Any) -> None:
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    project.write_reached("small_convnet", validation_accuracy=0.95)
    track(Layout())
    assert len(versions(project)) == 6
    assert champion(project).tags["method"] == "small_convnet"
    assert champion(project).version == versions(project)[-1].version


def test_other_test_metrics_update_the_evidence(project: Any) -> None:
    track(Layout())
    project.write_evaluation(accuracy=0.5)
    track(Layout())
    assert len(versions(project)) == 5
    assert all("Test accuracy 50.0%" in version.description for version in versions(project))


def test_a_run_that_was_deleted_comes_back_with_its_version(project: Any) -> None:
    track(Layout())
    lost = project.runs_by_method()["frozen_base"]
    project.client().delete_run(lost.info.run_id)
    track(Layout())
    runs = project.runs_by_method()
    assert {v.run_id for v in versions(project)} == {runs[m].info.run_id for m in METHODS}


def test_trackings_at_the_same_time_register_once(project: Any) -> None:
    trackings = [threading.Thread(target=track, args=(Layout(),)) for _ in range(2)]
    for tracking in trackings:
        tracking.start()
    for tracking in trackings:
        tracking.join()
    assert len(project.runs_by_method()) == 5
    assert [version.tags["method"] for version in versions(project)] == list(METHODS)
