"""What is said of MLflow's store: one message, and in it nothing that gives access to the store."""

import os
import re
from collections.abc import Iterator
from urllib.parse import unquote

from dogs_vs_cats.project.errors import PipelineError

DEFAULT_URI = "sqlite:///mlflow.db"
"""Relative to the project root; artifacts lie in ``mlartifacts`` beside the file."""

_HIDDEN = "***"
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LENGTH = 400
_LOGIN = {
    **dict.fromkeys(("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"), "Give it a login"),
    "PERMISSION_DENIED": "Ask who runs it for the right to do this, or give it another login",
}
"""What to do about MLflow's codes for a user that it does not know, or does not let do it."""


def tracking_uri() -> str:
    """Where the project's runs are kept."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI


def store_name() -> str:
    """The URI of the store that the project uses, for people: without what gives access."""
    return masked(tracking_uri())


def masked(uri: str) -> str:
    """A URI for people: user, password and query are ``***``.

    Whatever stands before the last ``@`` counts as the user's. A parser of URLs takes the first
    ``/`` for the host's end, and in ``http://user:pass/word@host`` the user for the host.
    """
    scheme, user, place, query = _parts(uri)
    shown = f"{scheme}{f'{_HIDDEN}@' if user else ''}{place}{f'?{_HIDDEN}' if query else ''}"
    return _printable(shown)


def without_secrets(text: str) -> str:
    """A text that may quote the store's URI, parts of it or other URIs, without what they hide."""
    for secret in sorted(filter(None, _secrets()), key=len, reverse=True):
        pattern = "".join(map(_written, secret))
        if len(secret) < 4:  # also found in words that have nothing to do with it
            pattern = rf"(?:(?<!\w)|(?<=%[0-9A-F]{{2}})){pattern}(?!\w)"
        text = re.sub(pattern, _HIDDEN, text, flags=re.IGNORECASE)
    return _URI.sub(lambda found: masked(found[0]), text)


def reason(error: BaseException, length: int = _LENGTH) -> str:
    """What an error and its first cause say, in one line, without markup and secrets.

    Args:
        error: any.
        length: characters; of more, the middle is left out.
    """
    first: BaseException = error
    while cause := first.__cause__ or (None if first.__suppress_context__ else first.__context__):
        first = cause
    said, last = (_one_line(str(each)) or type(each).__name__ for each in (error, first))
    text = said if last in said else f"{said} ({last})"
    return text if len(text) <= length else f"{text[: length // 2]} … {text[-length // 2 :]}"


def unusable(error: BaseException, is_mlflow: bool = True) -> PipelineError:
    """An error of the store as a message.

    Args:
        error: what was raised when the store was used.
        is_mlflow: whether what answered is MLflow.
    """
    name, said = store_name(), reason(error)
    if advice := _LOGIN.get(getattr(error, "error_code", "")):
        return PipelineError(
            f"MLflow's store {name} refuses this user: {said}\n{advice} in the environment"
            " variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or"
            " MLFLOW_TRACKING_TOKEN."
        )
    if not is_mlflow:
        return PipelineError(
            f"MLflow's store {name} answers, but not as MLflow 3 does: {said}\nOpen it with a"
            " browser: a proxy, a login page, another service or an MLflow 2 server may answer in"
            " its place. The environment variable MLFLOW_TRACKING_URI names it."
        )
    return PipelineError(
        f"MLflow's store {name} cannot be used: {said}\n"
        "Check the environment variable MLFLOW_TRACKING_URI; without it, runs are kept in"
        f" {DEFAULT_URI}."
    )


def _parts(uri: str) -> tuple[str, str, str, str]:
    """Scheme with its ``://``, user with password, host and path, query with fragment."""
    match = re.match(r"[a-z][a-z0-9+.-]*://", uri, re.IGNORECASE)
    scheme = match[0] if match else ""
    rest, user = uri[len(scheme) :], ""
    is_file = scheme.lower().startswith(("sqlite", "file"))
    if not is_file and (scheme or not rest.startswith(("/", "."))):
        user, _, rest = rest.rpartition("@")
        if re.search("[?#]", user):  # of a password, or a query before the @: all is hidden
            user, rest = f"{user}@{rest}", ""
    place, *query = re.split(r"[?#]", rest, maxsplit=1)
    return scheme, user, place, "".join(query)


def _secrets() -> Iterator[str]:
    """What the store's URI hides, and its pieces: whoever parses it may cut it anywhere."""
    _, user, _, query = _parts(tracking_uri())
    name, _, password = user.partition(":")
    # Beside a password, the name is no secret and may be a word such as "mlflow"; but not if
    # unquoted signs leave open which is which.
    names = [] if password and not re.search("[@/?#]", user) else [name]
    values = [part.partition("=")[2] or part for part in re.split("[&;#]", query)]
    for secret in (password, *names, *values):
        for piece in (secret, *re.split(r"[][/?#@:&=]", secret)):
            yield from (piece, unquote(piece))


def _written(character: str) -> str:
    """A pattern of what libraries write for a character: some quote it, as URIs or Python do."""
    quoted = "".join(f"%{byte:02X}" for byte in character.encode())
    forms = {character, quoted, repr(character)[1:-1], f"\\{character}"}
    if character == " ":
        forms.add("+")
    return f"(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})"


def _one_line(text: str) -> str:
    text = _MARKUP.sub(" ", without_secrets(text))
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


if __name__ == "__main__":  # for `make ui`
    print(store_name())
