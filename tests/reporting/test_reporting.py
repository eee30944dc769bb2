from pathlib import Path

import pandas as pd
from report_inputs import ACCURACIES, CLASSES, Project, counts, evaluation, write_project

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.classes import Balance
from dogs_vs_cats.reporting.comparison import comparison_page, comparison_table, markdown
from dogs_vs_cats.reporting.results import read_results

TRAINING = {
    method: {
        "best_epoch": 3,
        "train_accuracy": 0.99,
        "validation_accuracy": 0.71,
        "parameters": 3_453_121,
        "trainable_parameters": 3_453_121,
    }
    for method in METHODS
}


def page(project: Project, classes: Classes = CLASSES) -> str:
    sizes = counts(classes)
    balance = Balance(sizes["train"], sizes["test"])
    return comparison_page(read_results(project.layout), classes, balance)


def test_the_table_has_a_row_a_method_in_the_lectures_order() -> None:
    table = comparison_table(evaluation(ACCURACIES), TRAINING)
    assert tuple(table["method"]) == METHODS
    first = table.iloc[0]
    assert first["test accuracy"] == "73.9%"
    assert first["95 % interval"] == "71.9% to 75.4%"
    assert first["trained parameters"] == "3,453,121"
    assert "mean over classes" not in table


def test_the_mean_over_unequal_classes_weighs_each_alike() -> None:
    scores = evaluation(ACCURACIES, ("a", "b", "c"))
    scores["small_convnet"]["confusion"] = {"a": {"a": 90, "b": 10}, "b": {"c": 2}, "c": {"c": 3}}
    table = comparison_table(scores, TRAINING, unequal=True)
    assert table.iloc[0]["mean over classes"] == "63.3%"  # of 90, 0 and 100


def test_the_page_names_its_evidence_and_its_figures(project: Project) -> None:
    text = page(project)
    assert text.startswith("# Five methods compared: cat or dog\n\n1,000 test pictures, which no")
    assert "| fine_tuning " in text
    assert "(figures/accuracy.svg)" in text
    assert "(figures/training_curves.svg)" in text
    assert "unequal" not in text
    assert "against all others" not in text


def test_the_page_shows_any_name_as_it_is(tmp_path: Path) -> None:
    names = ("a|b", "<b>R&D $5<b>", "*Größe_2*")
    text = page(write_project(tmp_path, names), names)
    assert text.startswith(r"# Five methods compared: a\|b, \<b\>R\&D \$5\<b\> or \*Größe\_2\*")
    (row,) = (line for line in text.splitlines() if line.startswith(r"| a\|b "))
    assert row.replace(r"\|", "").count("|") == 7  # a class and five methods
    assert "The classes are unequal" in text
    assert "averaged over the classes" in text


def test_of_many_classes_the_page_has_the_extremes(tmp_path: Path) -> None:
    names = tuple(f"class {place}" for place in range(40))
    text = page(write_project(tmp_path, names), names)
    assert text.startswith("# Five methods compared: 40 classes\n")
    assert "## Feature extraction: the weakest classes" in text
    assert "| class 35 | " in text
    assert "| class 0 " not in text
    assert "7 more are as frequent as the last." in text


def test_near_duplicates_are_told_only_where_there_are_some(project: Project) -> None:
    assert "2 pictures of validation and test have a near-duplicate" in page(project)
    path = project.reports / "near_duplicates.csv"
    pd.read_csv(path).head(0).to_csv(path, index=False)
    assert "near-duplicate" not in page(project)


def test_markdown_escapes_what_means_something() -> None:
    assert markdown("a b-c.jpg, 5 %") == "a b-c.jpg, 5 %"
    assert markdown(r"\`*_[]<>|$~&#") == r"\\\`\*\_\[\]\<\>\|\$\~\&\#"
