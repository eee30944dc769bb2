"""Judge bases by what a linear probe makes of their features, from all pictures and from few."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.evaluation.bases import compare_bases, learning_curves, read_bases
from dogs_vs_cats.project.files import write_csv
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import ComputeSettings, read_params


def main() -> None:
    layout, params = Layout(), read_params()
    set_up(ComputeSettings(precision="float32"), seed=0)
    bases = read_bases(params.compare, params.backbone, layout.bases, layout.features)
    table = compare_bases(bases, params.compare, params.evaluate.bootstrap_resamples)
    write_csv(layout.reports / "backbones.csv", table)
    write_csv(layout.reports / "learning_curve.csv", learning_curves(bases, table, params.compare))
    for row in table.to_dict("records"):
        print(
            f"{row['base']:24} {row['accuracy']:.1%}"
            f" ({row['accuracy_low']:.1%} to {row['accuracy_high']:.1%})"
        )


if __name__ == "__main__":
    stage.run(main)
