"""Every section of ``params.yaml``, in the file's order, with its limits."""

from typing import Annotated, Literal, Self

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0, lt=2**31)]
Natural = Annotated[int, Field(ge=0, lt=2**31)]
"""What TensorFlow, NumPy and scikit-learn all take as a count or a seed."""
ClassName = Annotated[str, Field(pattern="^[a-z0-9_-]+$")]
Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
"""A YAML list, which strict mode would refuse as a tuple."""

SourceName = Literal["kaggle", "microsoft", "folder", "sample"]
Precision = Literal["bfloat16", "float32"]
Engine = Literal["local", "ray"]
Preprocessing = Literal["imagenet", "rescale"]

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


class ClassSettings(Settings):
    """The ``classes`` section of ``params.yaml``."""

    negative: ClassName
    """Label 0."""
    positive: ClassName
    """Label 1: a model's output is this class's probability."""

    @model_validator(mode="after")
    def _different(self) -> Self:
        if self.negative == self.positive:
            raise ValueError("classes needs two different names")
        return self

    @property
    def names(self) -> tuple[str, str]:
        """Both names; the index is the label."""
        return (self.negative, self.positive)


class SplitSettings(Settings):
    """The ``split`` section of ``params.yaml``."""

    strategy: Literal["first", "random"]
    """``first``: by the number in the file name, as the lecture does; ``random``: by ``seed``."""
    seed: Natural
    train: Positive
    validation: Positive
    test: Positive
    """Pictures per class in each split."""
    max_bytes: Positive
    """A picture of more declared bytes is refused unread."""
    max_pixels: int = Field(gt=0, le=Image.MAX_IMAGE_PIXELS)
    """A picture whose header declares more pixels is refused undecoded, as Pillow itself does above
    its own limit."""

    @property
    def sizes(self) -> dict[str, int]:
        """Pictures per class in each split, in the order in which they are filled."""
        return {split: getattr(self, split) for split in SPLITS}


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

    preprocessing: Literal["imagenet", "rescale"]
    """``imagenet``: as VGG16 was trained, BGR minus the mean; ``rescale``: the lecture's 1/255."""
    image_size: int = Field(ge=46, le=1024)
    """Side in pixels of the squares that every method sees. Of less than 46 the small convnet's
    four convolutions and poolings leave nothing."""


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
    """Targets become 1 - s/2 and s/2 (Szegedy et al., 2015, arXiv:1512.00567)."""
    dropout: float = Field(ge=0, lt=1)
    ema_momentum: float = Field(ge=0, lt=1)
    """Above 0, an epoch is judged and kept by the exponential moving average of its weights, of
    about 1 / (1 - momentum) steps (Polyak & Juditsky, 1992), which is calmer than the weights."""
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

    formats: Names
    """File formats by content, as Pillow names them."""
    modes: Names
    """Pixel formats, as Pillow names them."""
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
    near_duplicates_allowed: Natural
    """Pictures of validation and test that may have a near-duplicate in an earlier split."""


class EvaluateSettings(Settings):
    """The ``evaluate`` section of ``params.yaml``."""

    seeds: Positive
    """Trainings of each banked head behind ``seeds.csv``; 1 leaves them out."""
    bootstrap_resamples: Positive = Field(ge=100)
    """Resamples behind an interval of a difference."""
    calibration_bins: Positive
    """Bins of equal width that the probabilities are sorted into."""
    seed: Natural
    """Of the bootstrap, and of the folds behind the suspected label errors."""


class RobustnessSettings(Settings):
    """The ``robustness`` section of ``params.yaml``."""

    pictures: Positive = Field(ge=2, multiple_of=2)
    """Test pictures that are altered, half of them of each class; all where there are fewer."""
    seed: Natural
    """Of the choice of pictures and of their alterations."""


class VisualizeSettings(Settings):
    """The ``visualize`` section of ``params.yaml``."""

    heatmaps: Positive
    """Test pictures that all methods are shown looking at."""
    filters: int = Field(ge=1, le=64)
    """Filters of each of VGG16's five blocks whose pattern is searched for; the narrowest layer
    has 64."""
    filter_steps: Positive
    """Steps of gradient ascent towards a pattern."""
    seed: Natural
    """Of the patterns' first noise, and of the projection of features."""
