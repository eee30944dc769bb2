"""Why pictures were left out, as ``data/excluded.csv`` has it in English, for readers."""

import re

from dogs_vs_cats.language.catalogue import gettext, mark

# What stands before the colon of a reason, if it has one.
REASONS = (
    mark("a folder of no class"),
    mark("a folder without pictures"),
    mark("a hidden file"),
    mark("a hidden folder"),
    mark("a link out of data.folder"),
    mark("a link to a folder"),
    mark("another picture of its class has the same file name"),
    mark("beside train.zip, which alone is read"),
    mark("does not decode"),
    mark("damaged in the archive"),
    mark("empty file"),
    mark("HEIC needs an extra"),
    mark("in a hidden folder"),
    mark("in no folder of a class"),
    mark("its name holds control characters"),
    mark("its name is longer than 255 bytes"),
    mark("its name is not valid Unicode"),
    mark("its name leads out of the folder"),
    mark("left over"),
    mark("more bytes than split.max_bytes"),
    mark("more pixels than split.max_pixels"),
    mark("neither a file nor a folder"),
    mark("neither in a folder of a class nor named like one, as cat.1.jpg"),
    mark("not a picture"),
    mark("not a picture in a format that is read"),
    mark("the same bytes as another picture"),
    mark("the same bytes under several classes"),
    mark("the same pixels as another picture"),
    mark("the same pixels under several classes"),
)
# Those with names of formats in them.
_FORMATS = (
    (r"(?P<kind>\S+) of mode (?P<mode>\S+), not (?P<wanted>.+) \(split\.modes\)",
     mark("{kind} of mode {mode}, not {wanted} (split.modes)")),
    (r"(?P<kind>\S+), not (?P<wanted>.+) \(split\.formats\)",
     mark("{kind}, not {wanted} (split.formats)")),
)  # fmt: skip


def reason(text: str) -> str:
    """A reason in the language that is used; in English one that has no translation."""
    for pattern, message in _FORMATS:
        if found := re.fullmatch(pattern, text):
            values = found.groupdict()
            values["wanted"] = values["wanted"].replace(" or ", ", ")
            return gettext(message).format(**values) if gettext(message) != message else text
    return gettext(text)
