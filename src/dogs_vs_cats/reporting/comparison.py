"""The five methods side by side, as a table to read."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.words import counted
from dogs_vs_cats.methods import METHODS, Method


def comparison_table(
    evaluation: Mapping[Method, Mapping[str, Any]], training: Mapping[Method, Mapping[str, Any]]
) -> pd.DataFrame:
    """A row a method, in the lecture's order.

    Args:
        evaluation: method to what :func:`dogs_vs_cats.evaluation.metrics.score` gives.
        training: method to what :func:`dogs_vs_cats.training.result.metrics` gives.
    """
    rows = []
    for method in METHODS:
        test, reached = evaluation[method], training[method]
        rows.append(
            {
                "method": method,
                "test accuracy": f"{test['accuracy']:.1%}",
                "95 % interval": f"{test['accuracy_low']:.1%} to {test['accuracy_high']:.1%}",
                "ROC AUC": f"{test['roc_auc']:.4f}",
                "log loss": f"{test['log_loss']:.3f}",
                "validation accuracy": f"{reached['validation_accuracy']:.1%}",
                "training accuracy": f"{reached['train_accuracy']:.1%}",
                "best epoch": f"{reached['best_epoch']}",
                "trained parameters": f"{reached['trainable_parameters']:,}",
                "all parameters": f"{reached['parameters']:,}",
            }
        )
    return pd.DataFrame(rows)


def comparison_page(table: pd.DataFrame, pictures: int) -> str:
    """The table as a Markdown page that also shows the figures beside it.

    Args:
        table: from :func:`comparison_table`.
        pictures: number of test pictures behind the accuracies.
    """
    return f"""# Five methods compared

{counted(pictures, "test picture")}, which no method saw in training or selection. Intervals are
Wilson score intervals for one method; whether two methods differ is for the paired tests in
`index.html` beside this file. Training and validation accuracy are those of the best epoch, chosen
by validation accuracy.

{table.to_markdown(index=False, disable_numparse=True)}

![Test accuracy of each method with its interval](figures/accuracy.svg)

![Accuracy and loss of each method over its epochs](figures/training_curves.svg)
"""
