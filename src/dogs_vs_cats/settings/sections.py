"""Every section of ``params.yaml``, in the file's order, with its limits."""

import difflib
import json
import math
import re
import unicodedata
from collections import Counter
from typing import Annotated, Any, Literal, Self

from PIL import Image
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    field_validator,
    model_validator,
)

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.language.catalogue import LANGUAGES

Fraction = Annotated[float, Field(ge=0, le=1)]
_TOO_MANY = 2**31
Positive = Annotated[int, Field(gt=0, lt=_TOO_MANY)]
Natural = Annotated[int, Field(ge=0, lt=_TOO_MANY)]
"""What TensorFlow, NumPy and scikit-learn all take as a count or a seed."""
Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
"""A YAML list, which strict mode would refuse as a tuple."""
Auto = Literal["auto"]
"""What suits the source of the pictures."""

SourceName = Literal["kaggle", "microsoft", "folder", "sample"]
Precision = Literal["bfloat16", "float32"]
Engine = Literal["local", "ray"]
Preprocessing = Literal["imagenet", "rescale"]
ClassWeight = Literal["none", "balanced"]

SPLITS = ("train", "validation", "test")
"""In the order in which they are filled."""


class Settings(BaseModel):
    """Base of every settings class: immutable, typed, finite, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class DataSettings(Settings):
    """Section ``data``."""

    source: SourceName
    folder: str
    """For source ``folder``: a path, relative to the root of the project or absolute."""


class SampleSettings(Settings):
    """The ``sample`` section of ``params.yaml``.

    The seven strengths are the lecture's difficulties, each from 0 (switched off) to 1 (hard).
    """

    pictures_per_class: Positive
    seed: Natural
    viewpoint: Fraction
    """Perspective and rotation of the whole scene."""
    scale: Fraction
    """Size and place of the animal in the frame, and sides of the picture."""
    deformation: Fraction
    """Pose: turn and tilt of the head, body, a smooth bend of the whole animal."""
    occlusion: Fraction
    """Things in front of the animal."""
    illumination: Fraction
    """Brightness, contrast, colour cast, direction of light, shadows, sensor noise."""
    background_clutter: Fraction
    """Rooms, gardens, furniture and random shapes behind the animal."""
    intraclass_variation: Fraction
    """Breeds: proportions, ears, coat colours and patterns, eyes."""


MOST_CLASSES = 1000
_LONGEST_NAME = 255
"""Bytes of a folder's name on the file systems of Linux."""


def _classes(given: Any) -> tuple[str, ...] | Auto:
    """Check ``classes``: ``auto``, or names that folders can have."""
    if given == "auto":
        return "auto"
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError("should be auto or a list of names, such as [cat, dog]")
    if not 2 <= len(given) <= MOST_CLASSES:
        raise ValueError(f"should be 2 to {MOST_CLASSES:,} names")
    for name in given:
        if fault := fault_of_class_name(name):
            raise ValueError(f"{name!r} {fault}")
    if len({folded(name) for name in given}) < len(given):
        raise ValueError("names should differ in more than capitals")
    return tuple(given)


def fault_of_class_name(name: str) -> str | None:
    """Why a name cannot be a class's, which is that of a folder; None if it can."""
    if not name or name != name.strip():
        return "is empty, or begins or ends with a space"
    if name.startswith(".") or "/" in name or "\\" in name or not name.isprintable():
        return "cannot be a folder's: it begins with a dot, or holds a slash or control character"
    if len(name.encode()) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} bytes"
    return None


def folded(name: str) -> str:
    """A name as it is compared with others: in one of Unicode's spellings, without capitals."""
    return unicodedata.normalize("NFC", name).casefold()


ClassNames = Annotated[tuple[str, ...] | Auto, PlainValidator(_classes)]
"""Section ``classes``: names, whose index is the label; ``auto``: the folders' own, sorted."""


def _size(given: Any) -> int | float | Auto:
    """Check the size of a split: ``auto``, a number of pictures of each class, or a share."""
    whole = type(given) is int and 0 < given < _TOO_MANY
    share = type(given) is float and 0 < given < 1
    if given == "auto" or whole or share:
        return given  # type: ignore[no-any-return]
    raise ValueError("should be auto, a number of pictures or a share between 0 and 1, such as 0.6")


def _names_or_auto(given: Any) -> tuple[str, ...] | Auto:
    """Check a list that ``auto`` may stand for."""
    if given == "auto":
        return "auto"
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise ValueError("should be auto or a list of names, such as [JPEG, PNG]")
    if not given:
        raise ValueError("should be auto or hold a name at least")
    return tuple(given)


Size = Annotated[int | float | Auto, PlainValidator(_size)]
NamesOrAuto = Annotated[tuple[str, ...] | Auto, PlainValidator(_names_or_auto)]


class SplitSettings(Settings):
    """The ``split`` section of ``params.yaml``."""

    strategy: Literal["auto", "first", "random"]
    """``first``: by the number in the file name, as the lecture does; ``random``: by ``seed``;
    ``auto``: ``random`` for source ``folder``, else ``first``."""
    seed: Natural
    train: Size
    validation: Size
    test: Size
    """Pictures of each class in each split, or the shares of a class, all of one kind; ``auto``:
    for source ``folder`` 0.6, 0.2 and 0.2, else the lecture's 1,000, 500 and 500."""
    by: Literal["file", "group"]
    """``group``: pictures of one group stay in one split."""
    groups: str
    """For ``group``: a CSV file with columns ``file`` and ``group``, relative to the root of the
    project or absolute; without a row, the folder below the class is the group."""
    formats: NamesOrAuto
    """As Pillow names them, by content; ``auto``: for source ``folder`` all that can be read, else
    JPEG."""
    modes: NamesOrAuto
    """Pixel formats, as Pillow names them; ``auto``: likewise, else RGB."""
    max_bytes: Positive
    """A picture of more declared bytes is refused unread."""
    max_pixels: int = Field(gt=0, le=Image.MAX_IMAGE_PIXELS)
    """A picture whose header declares more pixels is refused undecoded, as Pillow itself does above
    its own limit."""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        sizes = [*self.sizes.values()]
        if len({type(size) for size in sizes}) > 1:
            raise ValueError("train, validation and test should be all numbers, shares or auto")
        if isinstance(self.train, float) and math.fsum(sizes) > 1 + 1e-9:
            raise ValueError("the shares train, validation and test should sum to 1 at most")
        return self

    @property
    def sizes(self) -> dict[str, Any]:
        """By split, in the order in which they are filled."""
        return {split: getattr(self, split) for split in SPLITS}

    def resolved(self, source: SourceName) -> Self:
        """These settings with what suits ``source`` in the place of ``auto``.

        ``auto`` stays where it stands for all formats or modes that can be read.
        """
        own = source == "folder"
        sizes = (0.6, 0.2, 0.2) if own else (1000, 500, 500)
        suited: dict[str, Any] = {
            "strategy": "random" if own else "first",
            **dict(zip(SPLITS, sizes, strict=True)),
            "formats": "auto" if own else ("JPEG",),
            "modes": "auto" if own else ("RGB",),
        }
        auto = {name: value for name, value in suited.items() if getattr(self, name) == "auto"}
        return self.model_copy(update=auto)


class ComputeSettings(Settings):
    """The ``compute`` section of ``params.yaml``."""

    precision: Literal["auto", "bfloat16", "float32"]
    """``auto`` is bfloat16 where the hardware multiplies it natively, float32 elsewhere."""
    strategy: Literal["auto", "single", "mirrored", "multi_worker"] = "auto"
    """How a training is spread over devices (:func:`dogs_vs_cats.compute.strategy.strategy_of`)."""
    engine: Engine = "local"
    """What passes over all pictures: this machine's cores, or a Ray cluster."""


class BackboneSettings(Settings):
    """The ``backbone`` section of ``params.yaml``."""

    name: str
    """Of ``BACKBONES``."""
    weights: str
    """A file of the user's, relative to the root of the project or absolute; empty: the carrier
    package's, else Keras' own download."""
    preprocessing: Preprocessing
    """``imagenet``: as the network was trained; ``rescale``: the lecture's 1/255."""
    image_size: int = Field(ge=46, le=1024)
    """Side in pixels of the squares that every method sees. Of less than 46 the small convnet's
    four convolutions and poolings leave nothing."""

    @property
    def base(self) -> str:
        """The network at its side, as ``compare.backbones`` has it: ``vgg16-150``."""
        return f"{self.name}-{self.image_size}"

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in BACKBONES:
            near = difflib.get_close_matches(name, BACKBONES, n=1)
            hint = f"did you mean {near[0]}" if near else f"known: {', '.join(BACKBONES)}"
            raise ValueError(f"there is no such network; {hint}")
        return name

    @model_validator(mode="after")
    def _suits_the_network(self) -> Self:
        network = BACKBONES[self.name]
        if self.image_size < network.smallest:
            raise ValueError(
                f"{self.name} takes pictures of {network.smallest} pixels a side and more, not"
                f" image_size {self.image_size}"
            )
        if self.preprocessing == "rescale" and network.scaling.inside:
            raise ValueError(
                f"{self.name} scales its pictures itself: preprocessing must be imagenet"
            )
        return self


def base_settings(base: str) -> BackboneSettings:
    """What an entry of ``compare.backbones`` stands for, such as ``vgg16-150``: the network as it
    was trained.

    Raises:
        ValueError: it is none. This and pydantic's ``ValidationError``, which is one, say why.
    """
    name, dash, side = base.rpartition("-")
    if not dash or not re.fullmatch("[1-9][0-9]{,5}", side):
        raise ValueError("should be a network and a side in pixels, such as vgg16-150")
    return BackboneSettings(name=name, weights="", preprocessing="imagenet", image_size=int(side))


def _base(given: str) -> str:
    try:
        base_settings(given)
    except ValidationError as error:
        raise ValueError("; ".join(_reason(problem) for problem in error.errors())) from None
    return given


def _reason(problem: Any) -> str:
    return str(problem["msg"]).removeprefix("Value error, ")


class HeadSettings(Settings):
    """The ``head`` section of ``params.yaml``."""

    pooling: Literal["auto", "flatten", "average"]
    """What a head does with feature maps first. ``auto``: what ``BACKBONES`` says."""


class AugmentationSettings(Settings):
    """The ``augmentation`` section of ``params.yaml``."""

    rotation: float = Field(ge=0, le=180)
    """Degrees either way."""
    width_shift: Fraction
    """Part of the width, either way."""
    height_shift: Fraction
    """Part of the height, either way."""
    shear: Fraction
    """Horizontal shift per unit of height, either way (as Keras' ``RandomShear``)."""
    zoom: Fraction = Field(lt=1)
    """Each side is scaled by a factor of its own in 1 ± zoom."""
    horizontal_flip: bool
    fill: Literal["nearest", "reflect", "wrap", "constant"]
    """What stands where the picture was moved away from."""
    views: Natural
    """Augmented views banked for each training picture; 0 augments anew in every epoch."""
    seed: Natural


class TrainingSettings(Settings):
    """A method's section of ``params.yaml``."""

    epochs: Positive
    early_stopping: Natural = 0
    """Epochs without a better one on validation after which a training ends, a ``cosine`` after it
    was brought to 0 within as many more; 0: never before ``epochs``."""
    batch_size: Positive
    optimizer: Literal["adam", "rmsprop"]
    """With ``weight_decay``, ``adam`` is AdamW."""
    learning_rate: float = Field(gt=0)
    """The first epoch's; the schedule lowers it."""
    schedule: Literal["constant", "cosine"]
    """``cosine`` falls to 0 at the last step (Loshchilov & Hutter, 2016, arXiv:1608.03983)."""
    weight_decay: float = Field(ge=0)
    """Decoupled (Loshchilov & Hutter, 2017, arXiv:1711.05101); part of the weight per unit of
    learning rate and step."""
    label_smoothing: Fraction
    """Of n classes, targets become 1 - s + s/n and s/n (Szegedy et al., 2015, arXiv:1512.00567)."""
    dropout: float = Field(ge=0, lt=1)
    ema_momentum: float = Field(ge=0, lt=1)
    """Above 0, an epoch is judged and kept by the exponential moving average of its weights, of
    about 1 / (1 - momentum) steps (Polyak & Juditsky, 1992), which is calmer than the weights."""
    class_weight: ClassWeight = "none"
    """``balanced``: every class weighs the same in the loss, however many pictures it has."""
    seed: Natural


class Range(Settings):
    """A closed interval."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self


class ValidationSettings(Settings):
    """The ``validate`` section of ``params.yaml``."""

    side: Range
    """Pixels; for width and height alike."""
    aspect_ratio: Range
    """Width / height."""
    brightness: Range
    """Mean luminance of a picture, 0 to 255."""
    contrast: Range
    """Standard deviation of luminance within a picture, 0 to 127.5."""
    bytes: Range
    """Size of the file."""
    near_duplicate_distance: Annotated[int, Field(ge=0, le=64)]
    """Bits by which the 64-bit perceptual hashes of two near-duplicates differ at most."""
    near_duplicates_allowed: Fraction
    """Share of the pictures of validation and test that may have a near-duplicate in an earlier
    split."""


def _not_endless(costs: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    if len(json.dumps(costs)) > _LONGEST_COSTS:
        raise ValueError(f"should have at most {_LONGEST_COSTS:,} characters as JSON")
    return costs


_LONGEST_COSTS = 4000
"""They stand in a tag of MLflow's, which takes 5,000."""
Costs = Annotated[dict[str, dict[str, Annotated[float, Field(gt=0)]]], AfterValidator(_not_endless)]


class EvaluateSettings(Settings):
    """The ``evaluate`` section of ``params.yaml``."""

    seeds: Positive
    """Trainings of each banked head behind ``seeds.csv``; 1 leaves them out."""
    bootstrap_resamples: Positive = Field(ge=100)
    """Resamples behind an interval of a difference."""
    calibration_bins: Positive
    """Bins of equal width that the probabilities are sorted into."""
    costs: Costs
    """Actual class to named class to what that mistake costs; mistakes that are not named cost 1,
    right answers nothing."""
    wanted_accuracy: Annotated[float, Field(gt=0, lt=1)] | None
    """Of what is answered, on validation, where a model may also not know; None: it always
    answers."""
    near_duplicate_cosine: Annotated[float, Field(gt=0, le=1)] | Auto
    """Cosine of the averaged features of two near-duplicates at least; ``auto``: as measured for
    the network, and without a measurement none is searched for."""
    seed: Natural
    """Of the bootstrap, and of the folds behind the suspected label errors."""


class CompareSettings(Settings):
    """The ``compare`` section of ``params.yaml``."""

    backbones: tuple[Annotated[str, AfterValidator(_base)], ...] = Field(strict=False)
    """Networks of ``BACKBONES``, each at a side in pixels: ``vgg16-150``."""
    regularization: float = Field(gt=0)
    """Penalty on the squared weights of the probe (scikit-learn's ``alpha``)."""
    draws: Positive
    """Of training pictures for each number of :attr:`curve`."""
    curve: tuple[Positive, ...] = Field(strict=False)
    """Training pictures of each class."""
    seed: Natural
    """Of the draws and of the bootstrap."""

    @field_validator("backbones", "curve")
    @classmethod
    def _each_once(cls, given: tuple[Any, ...]) -> tuple[Any, ...]:
        if not given:
            raise ValueError("should hold one at least")
        if twice := [each for each, number in Counter(given).items() if number > 1]:
            raise ValueError(f"{twice[0]} should be named once")
        return given


class RobustnessSettings(Settings):
    """The ``robustness`` section of ``params.yaml``."""

    pictures: Positive = Field(ge=2)
    """Test pictures that are altered, of all classes alike; all where there are fewer."""
    seed: Natural
    """Of the choice of pictures and of their alterations."""


class VisualizeSettings(Settings):
    """The ``visualize`` section of ``params.yaml``."""

    heatmaps: Positive
    """Test pictures that all methods are shown looking at."""
    filters: int = Field(ge=1, le=64)
    """Filters of a layer whose patterns are searched for, in one layer a scale of the picture; all
    of a layer that has fewer."""
    filter_steps: Positive
    """Steps of gradient ascent towards a pattern."""
    seed: Natural
    """Of the patterns' first noise, and of the projection of features."""


class ReportSettings(Settings):
    """The ``report`` section of ``params.yaml``."""

    language: str
    """Of all pages and figures; of :data:`dogs_vs_cats.language.catalogue.LANGUAGES`."""

    @field_validator("language")
    @classmethod
    def _known(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"there are no texts in it; known: {', '.join(LANGUAGES)}")
        return language
