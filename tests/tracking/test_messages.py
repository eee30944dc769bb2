import subprocess
import sys
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dogs_vs_cats.tracking.messages import masked, reason, store_name, unusable, without_secrets

# Letters that stand nowhere else in what is said, and all that cuts a URI or is written otherwise.
SECRETS = st.text("QXZÄ57@/?#:%&=+ \\'[]", min_size=1).map(lambda text: f"Z{text}Q7")
SCHEMES = st.sampled_from(("http", "https", "postgresql", "mysql+pymysql", "databricks"))
PLACES = ("{s}@host:5000", "me:{s}@host/db", "{s}:@host", "me:me2@host/db?password={s}&b=c")
PLACES += ("host/db?{s}", "host/?token={s}")


def errors_of_libraries(uri: str) -> list[str]:
    """What is said where it is parsed, requested and quoted."""
    said = [uri, repr(uri), f"in '{uri}/api/2.0' (caused by x)", quote(uri), f"url: {quote(uri)}"]
    for parse in (urlsplit, make_url):
        try:
            said.append(repr(parse(uri)))
        except (ValueError, ArgumentError) as error:
            said.append(str(error))
    return said


@settings(deadline=None)
@given(SCHEMES, st.sampled_from(PLACES), SECRETS)
@example("http", PLACES[1], "Zab/12@Q7")
def test_no_part_of_a_secret_is_said(scheme: str, place: str, secret: str) -> None:
    if "me:" not in place:
        secret = secret.replace(":", "")  # else it is a name with a password
    if "?" in place:
        secret = secret.replace("=", "")  # else it is a parameter with a value
    uri = f"{scheme}://{place.format(s=secret)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        told = [store_name(), *map(without_secrets, errors_of_libraries(uri))]
        told += [str(unusable(ValueError(said))) for said in errors_of_libraries(uri)]
    for text in told:
        assert not set("QXZ") & set(text), (uri, text)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("sqlite:////home/a@b/mlflow.db", "sqlite:////home/a@b/mlflow.db"),
        ("/data/a@b/mlruns", "/data/a@b/mlruns"),
        ("https://host:5000/mlflow", "https://host:5000/mlflow"),
        ("http://user:pass@host", "http://***@host"),
        ("http://user:p@s/s@host", "http://***@host"),
        ("http://token@host", "http://***@host"),
        ("http://user:pass@host/?token=a@b", "http://***@"),
        ("http://user:[pass]@host", "http://***@host"),
        ("user:pass@host:5000", "***@host:5000"),
        ("postgresql://host/db?user=u&password=p", "postgresql://host/db?***"),
        ("http://host/\x1b[31m", "http://host/ [31m"),
    ],
)
def test_what_gives_access_is_masked_and_the_rest_is_not(uri: str, shown: str) -> None:
    assert masked(uri) == shown


def test_the_name_beside_a_password_is_a_word_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:abc@host")
    assert without_secrets("abcd of mlflow, abc") == "abcd of mlflow, ***"


def test_the_command_for_make_prints_the_masked_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:pass@host")
    command = (sys.executable, "-m", "dogs_vs_cats.tracking.messages")
    assert subprocess.check_output(command, text=True) == "http://***@host\n"


def test_an_error_keeps_all_lines_and_its_first_cause() -> None:
    error = ValueError("could not connect:\n\tis the server\x1b[31m running?")
    assert reason(error) == "could not connect: is the server [31m running?"
    error.__cause__ = KeyError("port")
    error.__cause__.__context__ = OSError("no route to host")
    assert reason(error).endswith("[31m running? (no route to host)")
    assert reason(OSError("x: no route to host (y)")) == "x: no route to host (y)"


def test_an_error_loses_markup_and_the_middle_of_what_is_long() -> None:
    page = "<html><style>p {color: red}</style><p>Please <b>sign in</b></p></html>"
    assert reason(ValueError(page)) == "Please sign in"
    text = reason(ValueError("begin " + "x" * 5000 + " end"))
    assert (text[:6], text[-4:]) == ("begin ", " end")
    assert len(text) < 500
    assert reason(KeyError()) == "KeyError"
