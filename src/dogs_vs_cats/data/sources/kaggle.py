"""The archive of Kaggle's competition *dogs-vs-cats*, through Kaggle's own client or from a copy.

The client finds the credentials: an access token (``KAGGLE_API_TOKEN`` or
``~/.kaggle/access_token``), a user name and key (``KAGGLE_USERNAME`` and ``KAGGLE_KEY``, or
``kaggle.json``), or the login that ``kaggle auth login`` keeps.
"""

import io
import json
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dogs_vs_cats.data.sources.download import ANEW, explained, fetch
from dogs_vs_cats.data.sources.source import UnavailableError
from dogs_vs_cats.settings import SourceName

ARCHIVE_VARIABLE = "DOGS_VS_CATS_ARCHIVE"

_COMPETITION = "dogs-vs-cats"
_FILE = f"{_COMPETITION}.zip"
_PAGE = f"https://www.kaggle.com/competitions/{_COMPETITION}"
_LICENCE = f"The rules of Kaggle's competition {_COMPETITION}: {_PAGE}/rules"
_TOKENS = "https://www.kaggle.com/settings/api"


@dataclass(frozen=True)
class Kaggle:
    """Source ``kaggle``."""

    cache: Path
    """Folder for the unfinished download."""
    backoff: float = 1.0
    """Seconds before the first retry."""
    name: SourceName = "kaggle"
    licence: str = _LICENCE
    mend: str = ANEW

    @explained()
    def bring(self, target: Path) -> str:
        fetch(_archive_request(), target, self.cache, _FILE, self.backoff)
        return _FILE


@dataclass(frozen=True)
class LocalCopy:
    """The archive that ``DOGS_VS_CATS_ARCHIVE`` names. It is copied and stays where it is."""

    path: Path
    name: SourceName = "kaggle"
    licence: str = _LICENCE

    @property
    def mend(self) -> str:
        return (
            f"{ARCHIVE_VARIABLE} names {self.path}; it should name {_FILE} as Kaggle serves it,"
            " with train.zip inside, or that train.zip. Correct it, or unset it to download the"
            " archive from Kaggle."
        )

    def bring(self, target: Path) -> str:
        try:
            if not self.path.is_file():
                what = "a folder" if self.path.is_dir() else "missing"
                raise UnavailableError(f"The copy of Kaggle's archive is {what}. {self.mend}")
            shutil.copyfile(self.path, target)
        except PermissionError as error:
            if error.filename != str(self.path):
                raise
            raise UnavailableError(
                f"The copy of Kaggle's archive cannot be read ({error.strerror}). {self.mend}"
            ) from None
        return self.path.name


def _archive_request() -> requests.PreparedRequest:
    """Let the client log in and find the archive; gives the request that the archive answers.

    The client's own download shows progress only among lines that it prints, and on a retry takes
    any answer for the rest of the file; so :func:`fetch` brings the bytes.
    """
    try:
        # The client prints advice of its own, which the errors below replace.
        with redirect_stdout(io.StringIO()):
            api = _logged_in()
            from kagglesdk.competitions.types.competition_api_service import (
                ApiDownloadDataFilesRequest,
            )

            # Verbose, the client would read the whole archive to print it.
            api.args = [argument for argument in api.args if argument != "--verbose"]
            request = ApiDownloadDataFilesRequest()
            request.competition_name = _COMPETITION
            with api.build_kaggle_client() as client:
                download = client.competitions.competition_api_client.download_data_files(request)
                with download:
                    found: requests.PreparedRequest = download.request
        return found
    except requests.HTTPError as error:
        refusal = _refusal(error.response)
        if refusal is None:
            raise
        raise UnavailableError(refusal) from None
    except json.JSONDecodeError:
        raise requests.exceptions.InvalidJSONError("Kaggle's answer is not JSON") from None


def _logged_in() -> Any:
    try:
        # Logs in while it is imported, and keeps quiet about why it could not.
        from kaggle import api
    except OSError as error:
        raise UnavailableError(
            f"The Kaggle client cannot use its folder: {error}. Set KAGGLE_CONFIG_DIR to a folder"
            " that it may write."
        ) from None
    # The client keeps whatever JSON stands in its files, also where that is no mapping.
    values = api.config_values
    if not isinstance(values, dict) or api.CONFIG_NAME_AUTH_METHOD not in values:
        try:
            api.authenticate()
        except (requests.RequestException, json.JSONDecodeError):
            raise  # what a server answered
        except (SystemExit, Exception) as error:
            token = _token_place() if isinstance(error, SystemExit) else None
            if token:
                raise UnavailableError(
                    f"Kaggle does not know the access token in {token} (any more). {_renew(token)}"
                ) from None
            broken = _broken_file(Path(api.config))
            if not broken and not isinstance(error, SystemExit):
                raise
            raise UnavailableError(
                broken
                or f"No Kaggle credentials found. Create a token at {_TOKENS} and put it into the"
                " environment variable KAGGLE_API_TOKEN or the file ~/.kaggle/access_token; or run"
                " `kaggle auth login`. KAGGLE_USERNAME with KAGGLE_KEY work too, and kaggle.json"
                " with both `username` and `key`."
            ) from None
    return api


def _broken_file(key_file: Path) -> str | None:
    """What is wrong with a file of credentials, of which the client says nothing."""
    from kagglesdk.kaggle_creds import KaggleCredentials

    login = Path(KaggleCredentials.DEFAULT_CREDENTIALS_FILE).expanduser()
    for path, keys, example, mend in (
        (
            key_file,
            ("username", "key"),
            '{"username": "NAME", "key": "KEY"}',
            f"Create a new one at {_TOKENS}",
        ),
        (
            login,
            ("refresh_token",),
            "what `kaggle auth login` writes, `refresh_token` among it",
            "Run `kaggle auth login` again",
        ),
    ):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
        except (ValueError, RecursionError):
            problem = "is not JSON"
        else:
            held = content if isinstance(content, dict) else {}
            missing = [key for key in keys if not isinstance(held.get(key), str)]
            if not missing:
                continue
            problem = f"holds no text under {' and '.join(missing)}"
        return f"{path} {problem}. It must hold {example}. {mend}, or remove the file."
    return None


def _token_place() -> str | None:
    """Where the client found an access token, if it did."""
    from kagglesdk import get_access_token_from_env

    place: str | None = get_access_token_from_env()[1]
    return "~/.kaggle/access_token" if place == "access_token" else place


def _renew(token: str | None) -> str:
    return (
        f"Create a new token at {_TOKENS} and put it"
        f" {f'into {token}' if token else 'in the place of the old one'}, or remove the old one and"
        " run `kaggle auth login`."
    )


def _refusal(response: requests.Response) -> str | None:
    """What a refusal of Kaggle's own means, or None for what any server may answer."""
    match response.status_code:
        case 401:
            token = _token_place()
            where = f" in {token}" if token else ""
            return f"Kaggle refused the credentials{where} (401). {_renew(token)}"
        case 403:
            return (
                "Kaggle refused the download (403): your account must accept the rules of the"
                f" competition first. Open its Data tab, {_PAGE}/data, logged in, and accept"
                " there (the Rules page has no button for it any more). Then run `dvc repro`"
                f" again.{_quoted(response)}"
            )
        case 404:
            return (
                f"Kaggle knows no files of the competition {_COMPETITION} (404). Check that"
                f" {_PAGE}/data opens in a browser, and update the client with"
                f" `pip install --upgrade kaggle`.{_quoted(response)}"
            )
    return None


def _quoted(response: requests.Response) -> str:
    """Kaggle's own words, where it gives a reason: there are rarer ones than the rules."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" (Kaggle says: {message})" if message else ""
