"""Train the banked heads with other seeds, to see how much of a result is luck."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.project.files import write_csv
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.robustness.seeds import retrain_heads
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    set_up(params.compute, seed=0)
    table = retrain_heads(
        params.evaluate.seeds,
        layout,
        params.backbone,
        params.head,
        {
            "feature_extraction": params.method("feature_extraction"),
            "frozen_base": params.method("frozen_base"),
        },
    )
    write_csv(layout.reports / "seeds.csv", table)
    print(table.to_string(index=False) if len(table) else "evaluate.seeds is 1: nothing to repeat")


if __name__ == "__main__":
    stage.run(main)
