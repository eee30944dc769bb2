"""The archive of Kaggle's competition *dogs-vs-cats*, through Kaggle's own client.

The client finds the credentials: an access token (``KAGGLE_API_TOKEN`` or
``~/.kaggle/access_token``), a user name and key (``KAGGLE_USERNAME`` and ``KAGGLE_KEY``, or
``kaggle.json``), or the login that ``kaggle auth login`` keeps.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dogs_vs_cats.data.sources.common import other_sources
from dogs_vs_cats.data.sources.web import explained, fetch
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName

COMPETITION = "dogs-vs-cats"
FILE = f"{COMPETITION}.zip"
LICENCE = (
    f"The rules of Kaggle's competition {COMPETITION}:"
    f" https://www.kaggle.com/competitions/{COMPETITION}/rules"
)

_DATA_TAB = f"https://www.kaggle.com/competitions/{COMPETITION}/data"
_TOKENS = "https://www.kaggle.com/settings/api"


@dataclass(frozen=True)
class Kaggle:
    """Source ``kaggle``."""

    cache: Path
    """Folder for the unfinished download."""
    backoff: float = 1.0
    """Seconds before the first retry."""
    name: SourceName = "kaggle"
    licence: str = LICENCE

    @property
    def mend(self) -> str:
        return f"Run `dvc repro` again to download it anew. {other_sources('kaggle')}"

    def bring(self, target: Path) -> str:
        with explained(self.name):
            fetch(_archive_request(), target, self.cache, FILE, self.backoff)
        return FILE


def _archive_request() -> requests.PreparedRequest:
    """Let the client log in and find the archive; gives the request that the archive answers.

    The client's own download shows progress only among lines that it prints, and on a retry takes
    any answer for the rest of the file; so :func:`fetch` brings the bytes.
    """
    # The client prints advice of its own, which the errors below replace.
    with redirect_stdout(io.StringIO()), _refusals_explained():
        api = _logged_in()
        from kagglesdk.competitions.types.competition_api_service import (
            ApiDownloadDataFilesRequest,
        )

        # Verbose, the client would read the whole archive to print it.
        api.args = [argument for argument in api.args if argument != "--verbose"]
        request = ApiDownloadDataFilesRequest()
        request.competition_name = COMPETITION
        with api.build_kaggle_client() as client:
            download = client.competitions.competition_api_client.download_data_files(request)
            with download:
                found: requests.PreparedRequest = download.request
    return found


def _logged_in() -> Any:
    try:
        # Logs in while it is imported, and keeps quiet about why it could not.
        from kaggle import api
    except OSError as error:
        raise PipelineError(
            f"The Kaggle client cannot use its folder: {error}. Set KAGGLE_CONFIG_DIR to a folder"
            f" that it may write. {other_sources('kaggle')}"
        ) from None
    if api.CONFIG_NAME_AUTH_METHOD not in api.config_values:
        try:
            api.authenticate()
        except SystemExit:
            raise PipelineError(_no_credentials()) from None
    return api


def _no_credentials() -> str:
    token = _token_place()
    if token:
        return f"Kaggle does not know the access token in {token} (any more). {_renew(token)}"
    return (
        "No Kaggle credentials found. Create a token at"
        f" {_TOKENS} and put it into the environment variable KAGGLE_API_TOKEN or the file"
        " ~/.kaggle/access_token; or run `kaggle auth login`. KAGGLE_USERNAME with KAGGLE_KEY work"
        f" too, and kaggle.json with both `username` and `key`. {other_sources('kaggle')}"
    )


def _token_place() -> str | None:
    """Where the client found an access token, if it did."""
    from kagglesdk import get_access_token_from_env

    place: str | None = get_access_token_from_env()[1]
    return "~/.kaggle/access_token" if place == "access_token" else place


def _renew(token: str | None) -> str:
    return (
        f"Create a new token at {_TOKENS} and put it"
        f" {f'into {token}' if token else 'in the place of the old one'}, or remove the old one and"
        f" run `kaggle auth login`. {other_sources('kaggle')}"
    )


@contextmanager
def _refusals_explained() -> Iterator[None]:
    try:
        yield
    except requests.HTTPError as error:
        match error.response.status_code:
            case 401:
                token = _token_place()
                where = f" in {token}" if token else ""
                message = f"Kaggle refused the credentials{where} (401). {_renew(token)}"
            case 403:
                message = (
                    "Kaggle refused the download (403): your account must accept the rules of the"
                    f" competition first. Open its Data tab, {_DATA_TAB}, logged in, and accept"
                    " there (the Rules page has no button for it any more). Then run `dvc repro`"
                    f" again.{_quoted(error.response)} {other_sources('kaggle')}"
                )
            case 404:
                message = (
                    f"Kaggle knows no files of the competition {COMPETITION} (404). Check that"
                    f" {_DATA_TAB} opens in a browser, and update the client with"
                    f" `pip install --upgrade kaggle`.{_quoted(error.response)}"
                    f" {other_sources('kaggle')}"
                )
            case _:
                raise
        raise PipelineError(message) from None
    except json.JSONDecodeError:
        raise requests.exceptions.InvalidJSONError("Kaggle's answer is not JSON") from None


def _quoted(response: requests.Response) -> str:
    """Kaggle's own words, where it gives a reason: there are rarer ones than the rules."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" (Kaggle says: {message})" if message else ""
