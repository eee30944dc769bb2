"""The five methods side by side, as a table to read."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import counted
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting import class_tables, near_duplicates
from dogs_vs_cats.reporting.classes import Balance, alternatives, balanced_accuracy
from dogs_vs_cats.reporting.results import Results
from dogs_vs_cats.reporting.tables import Cell, Column, Table, between


def comparison_table(
    evaluation: Mapping[Method, Mapping[str, Any]],
    training: Mapping[Method, Mapping[str, Any]],
    unequal: bool = False,
) -> pd.DataFrame:
    """A row a method, in the lecture's order.

    Args:
        evaluation: method to what :func:`dogs_vs_cats.evaluation.metrics.score` gives.
        training: method to what :func:`dogs_vs_cats.training.result.metrics` gives.
        unequal: whether classes differ in size; then accuracy is also given as a mean over them.
    """
    rows = []
    for method in METHODS:
        test, reached = evaluation[method], training[method]
        over_classes = balanced_accuracy(test["confusion"]) if unequal else None
        rows.append(
            {
                _("method"): method,
                _("test accuracy"): f"{test['accuracy']:.1%}",
                _("95 % interval"): between(
                    f"{test['accuracy_low']:.1%}", f"{test['accuracy_high']:.1%}"
                ),
                **({} if over_classes is None else {_("mean over classes"): f"{over_classes:.1%}"}),
                "ROC AUC": f"{test['roc_auc']:.4f}",
                _("log loss"): f"{test['log_loss']:.3f}",
                _("validation accuracy"): f"{reached['validation_accuracy']:.1%}",
                _("training accuracy"): f"{reached['train_accuracy']:.1%}",
                _("best epoch"): f"{reached['best_epoch']}",
                _("trained parameters"): f"{reached['trainable_parameters']:,}",
                _("all parameters"): f"{reached['parameters']:,}",
            }
        )
    return pd.DataFrame(rows)


def comparison_page(results: Results, classes: Classes, balance: Balance) -> str:
    """The table as a Markdown page that also shows the figures beside it."""
    evaluation = results.evaluation
    table = comparison_table(evaluation, results.training, balance.unequal)
    remarks = [
        balance.in_words() if balance.unequal else "",
        _("ROC AUC is each class's against all others, averaged over the classes.")
        if len(classes) > 2
        else "",
        near_duplicates.in_words(results.near_duplicates, results.base),
    ]
    paragraphs = "".join(f"{markdown(remark)}\n\n" for remark in remarks if remark)
    of_classes = "\n".join(map(_markdown_table, class_tables.overview(evaluation)))
    title = _("Five methods compared: {choice}").format(choice=markdown(alternatives(classes)))
    about = _(
        """{pictures}, which no method saw in training or
selection. Intervals are Wilson score intervals for one method; whether two methods differ is for
the paired tests in `index.html` beside this file. Training and validation accuracy are those of the
best epoch, chosen by validation accuracy."""
    ).format(pictures=counted(evaluation[METHODS[0]]["pictures"], "test picture"))
    accuracy = _("Test accuracy of each method with its interval")
    curves = _("Accuracy and loss of each method over its epochs")
    return f"""# {title}

{about}

{paragraphs}{table.to_markdown(index=False, disable_numparse=True)}

![{accuracy}](figures/accuracy.svg)

![{curves}](figures/training_curves.svg)

{of_classes}"""


def markdown(text: str) -> str:
    """Text of others as Markdown that shows it as it is, also in the cell of a table."""
    return re.sub(r"([\\`*_\[\]<>|$~&#])", r"\\\1", text)


def _markdown_table(table: Table) -> str:
    def head(column: Column) -> str:
        return f"{column.label}, {column.unit}" if column.unit else column.label

    def cell(cell: Cell) -> str:
        return f"{cell.text} ({cell.detail})" if cell.detail else cell.text

    rows = pd.DataFrame([[markdown(cell(each)) for each in row] for row in table.rows])
    rows = rows.reindex(columns=range(len(table.columns)))  # also where there is no row
    text = rows.to_markdown(
        index=False,
        headers=[markdown(head(column)) for column in table.columns],
        disable_numparse=True,
        colalign=["right" if column.numeric else "left" for column in table.columns],
    )
    note = f"\n{markdown(table.note)}\n" if table.note else ""
    return f"## {table.caption}\n\n{text}\n{note}"
