"""Plates of drawn animals: the seven difficulties of recognition, and augmented views."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from dogs_vs_cats.data.reading.augmentation import apply_transforms, view_transforms
from dogs_vs_cats.data.sample import SampleSettings, draw_picture
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.robustness.alterations import DIFFICULTIES, STRENGTHS, alter
from dogs_vs_cats.settings import AugmentationSettings
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

SIDE = 150
"""Pixels, as in the lecture."""
VIEWS = 8
SEED = 0
_WIDTH = 7.0
_SPECIES = "dog"
_EASY = dict.fromkeys(
    (*DIFFICULTIES, "intraclass_variation"),
    0.0,
)

Pictures = npt.NDArray[np.uint8]
"""RGB (pictures, SIDE, SIDE, 3)."""


def drawn(numbers: Sequence[int], **strengths: float) -> Pictures:
    """Drawn dogs in which nothing is hard but what ``strengths`` name (0 to 1)."""
    settings = SampleSettings.model_validate(
        {"pictures_per_class": 1, "seed": SEED, **_EASY, **strengths}
    )
    size = (SIDE, SIDE)
    pictures = [draw_picture(_SPECIES, number, settings).resize(size) for number in numbers]
    return np.stack([np.asarray(each) for each in pictures])


def difficulties() -> Drawing:
    """One picture, six difficulties at three strengths each."""
    # Clutter takes its patches from the others.
    pictures = drawn(range(8), intraclass_variation=0.5, background_clutter=0.5)
    rows = {
        display_name(difficulty).replace(" ", "\n"): [
            alter(pictures, difficulty, strength, SEED, [0])[0] for strength in (0, *STRENGTHS)
        ]
        for difficulty in DIFFICULTIES
    }
    columns = [
        _("as drawn"),
        *(_("strength {strength}").format(strength=strength) for strength in STRENGTHS),
    ]
    return Drawing(
        name="seeing_1_difficulties",
        figure=_plate(rows, columns),
        suffix="jpg",
        title=_("Six difficulties, at three strengths"),
        alt=_("""A drawn dog in {rows} rows, one a difficulty: as it was drawn and altered three
            times, ever more strongly.""").format(rows=len(rows)),
        caption=_("""The lecture names seven reasons why recognition is hard. Six can be done to a
            picture. These are the very functions by which the stage robustness alters test
            pictures; the report says how much accuracy each costs. To a person it is the same dog
            throughout. To a network that compares pixels, nearly every number has changed."""),
        section="seeing",
    )


def breeds() -> Drawing:
    """The seventh difficulty, which cannot be done to a picture: dogs of other breeds."""
    pictures = drawn(range(8), intraclass_variation=1.0)
    return Drawing(
        name="seeing_2_breeds",
        figure=_plate({"": list(pictures[:4]), " ": list(pictures[4:])}),
        suffix="jpg",
        title=_("The seventh: one class, many looks"),
        alt=_("Eight drawn dogs of different breeds in the same pose and light."),
        caption=_("""Intra-class variation: all eight are dogs. Only the breed differs from picture
            to picture (proportions, ears, coat, eyes). No function turns one into another, so the
            report measures it otherwise: by how typical a picture is of its class."""),
        section="seeing",
    )


def views(augmentation: AugmentationSettings) -> Drawing:
    """The picture and what augmentation makes of it."""
    picture = drawn([0], intraclass_variation=0.5, background_clutter=0.5)
    shown = [
        np.asarray(
            apply_transforms(
                picture, view_transforms(1, SIDE, view, augmentation), augmentation.fill
            )
        )[0]
        .round()
        .clip(0, 255)
        .astype(np.uint8)
        for view in range(VIEWS)
    ]
    given = augmentation
    mirrored = _(", mirrored half of the time") if given.horizontal_flip else ""
    return Drawing(
        name="seeing_6_views",
        figure=_plate({"": shown[:4], " ": shown[4:]}),
        suffix="jpg",
        title=_("Augmentation: {views} views of one picture").format(views=VIEWS),
        alt=_("""{views} views of one drawn dog: turned, moved, sheared, scaled, some
            mirrored.""").format(views=VIEWS),
        caption=_("""What cannot be told apart by its label should not be told apart by a network.
            So training shows each picture anew in every epoch: turned by up to {rotation:g}°,
            moved by up to {width_shift:g} of the width and {height_shift:g} of the height, sheared
            by a slope of up to {shear:g}, scaled by 1 ± {zoom:g}{mirrored}; what comes in at the
            edges is filled in by the rule “{fill}”. These are the numbers of params.yaml and the
            functions that training uses. The lecture's shear of 0.2 means 0.2 degrees to Keras, as
            good as none.""").format(
            rotation=given.rotation,
            width_shift=given.width_shift,
            height_shift=given.height_shift,
            shear=given.shear,
            zoom=given.zoom,
            mirrored=mirrored,
            fill=given.fill,
        ),
        section="seeing",
    )


def _plate(rows: dict[str, list[npt.NDArray[np.uint8]]], columns: Sequence[str] = ()) -> Figure:
    """Pictures in rows with a label each."""
    across = len(next(iter(rows.values())))
    with styled_figure(_WIDTH, _WIDTH / across * len(rows) + 0.2) as figure:
        grid = figure.subplots(len(rows), across, squeeze=False)
        for line, (label, pictures) in zip(grid, rows.items(), strict=True):
            for axes, picture in zip(line, pictures, strict=True):
                axes.imshow(Image.fromarray(picture))
                axes.set_xticks([])
                axes.set_yticks([])
                axes.grid(visible=False)
            line[0].set_ylabel(label.strip(), fontsize=9)
        for axes, title in zip(grid[0], columns, strict=False):
            axes.set_title(title, fontsize=9)
    return figure
