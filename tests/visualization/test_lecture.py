import pytest

from dogs_vs_cats.visualization.lecture import applies


@pytest.mark.parametrize("classes", [("cat", "dog"), ("dog", "cat"), ("Dog", "CAT")])
def test_the_lectures_figures_are_of_cats_and_dogs(classes: tuple[str, ...]) -> None:
    assert applies(classes)


@pytest.mark.parametrize(
    "classes", [("brick", "grass"), ("cat", "dog", "cow"), ("cat", "tiger"), ("cat", "hot dog")]
)
def test_beside_other_classes_they_say_nothing(classes: tuple[str, ...]) -> None:
    assert not applies(classes)
