"""``audit picture``: every data version and model that has seen a picture."""

import pytest

from dogs_vs_cats.project.errors import PipelineError


def test_a_test_picture_tells_who_was_judged_on_it_and_what_they_say(project):
    picture = project.picture("test", "cat", 7)
    runs = project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.75)

    document = project.audit_json("picture", str(picture))

    assert document["sha256"] == project.sha256(picture)
    [place] = document["seen"]
    assert (place["split"], place["class"], place["file"]) == ("test", "cat", "test/cat/cat.7.jpg")
    assert place["revisions"] == [project.git("rev-parse", "HEAD")]
    assert [(m["method"], m["role"], m["runs"], m["says"]) for m in place["models"]] == [
        (method, "judged on it", [runs[method]], {"predicted": "cat", "probability": probability})
        for method, probability in (("small_convnet", 0.7), ("feature_extraction", 0.8))
    ]


@pytest.mark.parametrize(
    ("split", "number", "role"),
    [("train", 0, "learned from it"), ("validation", 4, "chosen by it")],
)
def test_other_splits_have_other_roles_and_no_prediction(project, split, number, role):
    document = project.audit_json("picture", str(project.picture(split, "dog", number)))

    models = document["seen"][0]["models"]
    assert {(model["role"], model["says"]) for model in models} == {(role, None)}
    assert [model["method"] for model in models] == ["small_convnet", "feature_extraction"]
    assert "`--predict` asks" in document["notes"][0]


def test_a_digest_finds_the_same_as_the_file(project):
    picture = project.picture("train", "cat", 0)

    by_file = project.audit_json("picture", str(picture))

    assert project.audit_json("picture", project.sha256(picture)) == by_file
    assert project.audit_json("picture", project.sha256(picture).upper()) == by_file


def test_a_picture_that_moved_is_found_in_every_version_with_the_models_of_each(project):
    project.picture("train", "cat", 0).rename(project.picture("test", "cat", 0))
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Second")

    document = project.audit_json("picture", str(project.picture("test", "cat", 0)))

    assert [place["split"] for place in document["seen"]] == ["test", "train"]
    new, old = ({model["md5"] for model in place["models"]} for place in document["seen"])
    assert len(new) == len(old) == 2
    assert not new & old
    assert document["seen"][0]["models"][0]["says"] == {"predicted": "cat", "probability": 0.7}


def test_what_another_model_said_is_not_put_into_a_models_mouth(project):
    before = project.path("dvc.lock").read_text()
    project.train("two", accuracy=0.8)
    project.record()
    after = project.path("dvc.lock").read_text()
    cut = "  evaluate:"  # trained anew, not evaluated yet
    project.write("dvc.lock", after[: after.index(cut)] + before[before.index(cut) :])
    new = project.md5("data/models/small_convnet.keras")

    document = project.audit_json("picture", str(project.picture("test", "cat", 7)))

    said = {m["md5"]: m["says"] for m in document["seen"][0]["models"]}
    assert len(said) == 4
    assert said.pop(new) is None
    assert sum(says is not None for says in said.values()) == 2


def test_what_is_said_of_a_picture_with_a_comma_in_its_name_is_found(project):
    picture = project.picture("test", "cat", 7)
    picture = picture.rename(picture.with_name('a "cat", 7.jpg'))
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()

    [place, _] = project.audit_json("picture", str(picture))["seen"]

    assert place["file"] == 'test/cat/a "cat", 7.jpg'
    assert place["models"][0]["says"] == {"predicted": "cat", "probability": 0.7}


def test_a_picture_in_a_folder_below_its_class_is_found_with_what_is_said_of_it(project):
    picture = project.picture("test", "cat", 7)
    nested = picture.parent / "shoot 1" / picture.name
    nested.parent.mkdir()
    picture = picture.rename(nested)
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()

    [place, _] = project.audit_json("picture", str(picture))["seen"]

    assert (place["class"], place["file"]) == ("cat", "test/cat/shoot 1/cat.7.jpg")
    assert place["models"][0]["says"] == {"predicted": "cat", "probability": 0.7}
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()
    project.path("data/manifest.csv").unlink()
    [place, _] = project.audit_json("picture", str(picture))["seen"]
    assert (place["class"], place["file"]) == ("cat", "test/cat/shoot 1/cat.7.jpg")


def test_the_label_that_a_picture_had_is_told(project):
    project.picture("train", "cat", 0).rename(project.path("data/splits/train/dog/cat.0.jpg"))
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Relabel")

    document = project.audit_json("picture", "data/splits/train/dog/cat.0.jpg")

    assert [place["class"] for place in document["seen"]] == ["dog", "cat"]


def test_a_picture_is_known_by_its_bytes_and_not_by_its_name(project, tmp_path):
    other = tmp_path / "cat.0.jpg"
    other.write_text("not that cat")

    document = project.audit_json("picture", str(other))

    assert document["seen"] == []


def test_a_lost_manifest_is_made_up_for_by_dvcs_listings(project):
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()
    project.path("data/manifest.csv").unlink()

    document = project.audit_json("picture", str(project.picture("train", "cat", 0)))

    assert [place["file"] for place in document["seen"]] == ["train/cat/cat.0.jpg"]


def test_a_version_that_cannot_be_searched_is_named(project):
    [version] = project.audit_json("versions")["versions"]
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()
    project.path("data/manifest.csv").unlink()

    document = project.audit_json("picture", project.sha256(project.picture("train", "cat", 0)))

    assert document["not_searched"] == [version["version"]]
    assert version["version"] in document["notes"][0]


def test_the_tables_show_places_and_models(project):
    text = project.audit("picture", str(project.picture("test", "cat", 7))).stdout

    assert "test/cat/cat.7.jpg" in text
    assert "judged on it" in text
    assert "cat (0.700)" in text


def test_a_picture_that_nobody_saw_is_told(project):
    assert "No data version" in project.audit("picture", "0" * 64).stdout


def test_what_is_neither_file_nor_digest_is_refused(project):
    result = project.audit("picture", "cat.0.jpg")

    assert isinstance(result.exception, PipelineError)
    assert "neither a file nor a SHA-256" in str(result.exception)


def test_a_lock_that_names_each_model_tells_the_same_as_one_that_names_their_folder(project):
    picture = str(project.picture("test", "cat", 7))
    by_folder = project.audit_json("picture", picture)["seen"]
    accuracy = project.audit_json("diff", "HEAD", "HEAD")["accuracy"]

    project.name_each_model()
    project.commit("As it was recorded before")
    by_file = project.audit_json("picture", picture)["seen"]

    assert by_folder[0]["models"][0]["says"] == {"predicted": "cat", "probability": 0.7}
    assert accuracy[0]["test"] == {"before": 0.75, "after": 0.75}
    assert [place["models"] for place in by_file] == [place["models"] for place in by_folder]
    assert project.audit_json("diff", "HEAD", "HEAD")["accuracy"] == accuracy


def test_what_another_model_said_is_not_its_own_where_each_model_is_named(project):
    project.name_each_model()
    before = project.path("dvc.lock").read_text()
    project.train("two", accuracy=0.8)
    project.record()
    after = project.path("dvc.lock").read_text()
    cut = "  evaluate:"  # trained anew, not evaluated yet
    project.write("dvc.lock", after[: after.index(cut)] + before[before.index(cut) :])

    document = project.audit_json("picture", str(project.picture("test", "cat", 7)))

    said = {m["md5"]: m["says"] for m in document["seen"][0]["models"]}
    assert said[project.md5("data/models/small_convnet.keras")] is None
    rows = project.audit_json("diff", "workspace", "workspace")["accuracy"]
    assert [row["test"]["after"] for row in rows] == [None, None]
