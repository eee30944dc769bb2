import errno

import pytest

from dogs_vs_cats import stage
from dogs_vs_cats.errors import PipelineError


def failing(error: BaseException) -> "pytest.ExceptionInfo[SystemExit]":
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        stage.run(main)
    return ended


def test_a_users_mistake_is_one_line_without_traceback() -> None:
    assert failing(PipelineError("data/x is gone.")).value.code == "error: data/x is gone."


def test_a_full_disk_is_said_in_words() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "data/views/train.npy")
    message = str(failing(full).value.code)
    assert "No space left on device" in message
    assert "data/views/train.npy" in message


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_file_that_may_not_be_written_is_named(number: int) -> None:
    refused = OSError(number, "No", "data/raw/archive.zip")
    message = str(failing(refused).value.code)
    assert "data/raw/archive.zip" in message
    assert "Let this user read and write it" in message


def test_ctrl_c_ends_as_shells_expect() -> None:
    assert failing(KeyboardInterrupt()).value.code == 130


def test_our_own_defects_keep_their_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage.run(main)
