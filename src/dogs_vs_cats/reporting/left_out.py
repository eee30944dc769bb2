"""Why pictures were left out, as ``data/excluded.csv`` has it in English, for readers."""

from dogs_vs_cats.language.catalogue import gettext, mark

# What stands before the colon of a reason, if it has one.
REASONS = (
    mark("another picture of its class has the same file name"),
    mark("does not decode"),
    mark("empty file"),
    mark("its name holds control characters"),
    mark("its name is longer than 255 bytes"),
    mark("its name leads out of the folder"),
    mark("left over"),
    mark("more bytes than split.max_bytes"),
    mark("more pixels than split.max_pixels"),
    mark("not a picture"),
    mark("the same bytes as another picture"),
    mark("the same bytes under several classes"),
)


def reason(text: str) -> str:
    """A reason in the language that is used; in English one that has no translation."""
    return gettext(text)
