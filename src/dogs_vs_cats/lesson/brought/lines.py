"""Charts of gradients by layer and of the loss by step."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.brought.descent import Losses
from dogs_vs_cats.visualization.colours import PALETTE
from dogs_vs_cats.visualization.drawing import styled_figure

_STYLES = ("-", "--", "-.", ":")


def draw_lines(
    gradients: Mapping[str, Losses], losses: Mapping[str, Losses] | None = None
) -> Figure:
    """Gradients on a log scale, and beside them training losses if there are any.

    Args:
        gradients: what they are of to a norm for each layer.
        losses: the same names to a loss in nats for each step.
    """
    with styled_figure(7.0, 3.4) as figure:
        axes = figure.subplots(1, 2 if losses else 1, squeeze=False)[0]
        axes[0].set(yscale="log", xlabel=_("layer"), title=_("norm of the gradient at the start"))
        for place, (name, norms) in enumerate(gradients.items()):
            look = {"color": PALETTE[place], "linestyle": _STYLES[place], "label": name}
            axes[0].plot(range(1, len(norms) + 1), norms, **look)
            if losses:
                axes[1].plot(range(len(losses[name])), losses[name], **look)
        if losses:
            axes[1].set(xlabel=_("step"), title=_("training loss, nats"), ylim=(0, None))
        figure.legend(
            handles=axes[0].get_lines(), loc="outside lower center", ncols=3 if losses else 2
        )
    return figure
