"""What is said of MLflow's store: one message, and in it nothing that gives access to the store."""

import os
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

from dogs_vs_cats.project.errors import PipelineError

DEFAULT_URI = "sqlite:///mlflow.db"
"""Relative to the project root; artifacts lie in ``mlartifacts`` beside the file."""

_HIDDEN = "***"
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LENGTH = 400
_LOGIN = ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED")


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
    forms = sorted({form for secret in _secrets() for form in _forms(secret)}, key=len)
    for form in reversed(forms):
        # A short one is also found in words that have nothing to do with it.
        pattern = re.escape(form) if len(form) > 3 else _word(form)
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
    if getattr(error, "error_code", "") in _LOGIN:
        return PipelineError(
            f"MLflow's store {name} refuses this user: {said}\nGive it a login in the environment"
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
    place, *query = re.split(r"[?#]", rest, maxsplit=1)
    return scheme, user, place, "".join(query)


def _secrets() -> Iterator[str]:
    """What the store's URI hides, and its pieces: whoever parses it may cut it anywhere."""
    _, user, _, query = _parts(tracking_uri())
    name, _, password = user.partition(":")
    # Beside a password, the name is none; it may be a word such as "mlflow".
    values = [part.partition("=")[2] or part for part in re.split("[&;#]", query)]
    for secret in (password or name, *values):
        yield from (secret, *re.split("[/?#@:&=]", secret))


def _forms(secret: str) -> set[str]:
    """As it stands in the URI, in a request's address and in Python's notation."""
    plain = {secret, unquote(secret)} - {""}
    quoted = {quote(each, safe=safe) for each in plain for safe in ("", "/", "!$&'()*+,;=:@/~%")}
    return plain | quoted | {form(each) for each in plain for form in (quote_plus, _in_python)}


def _word(text: str) -> str:
    return rf"(?:(?<!\w)|(?<=%[0-9A-F]{{2}})){re.escape(text)}(?!\w)"


def _in_python(text: str) -> str:
    return repr(text)[1:-1]


def _one_line(text: str) -> str:
    text = _MARKUP.sub(" ", without_secrets(text))
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


if __name__ == "__main__":  # for `make ui`
    print(store_name())
