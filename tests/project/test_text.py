import os

import pytest

from dogs_vs_cats.project.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat 1 - été 猫 👨‍👩‍👧.jpg", "cat 1 - été 猫 👨‍👩‍👧.jpg"),
        ("\x1b[2J\x07\x9b\r\n", r"\x1b[2J\x07\x9b\r\n"),
        ("gpj.\u202etac", r"gpj.\u202etac"),
        ("\udcff\u2028", r"\udcff\u2028"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_lays_a_message_out_may_stay() -> None:
    assert printable("one\n\ttwo\x1b", keep="\n\t") == "one\n\ttwo\\x1b"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a b-1.jpg", "a b-1.jpg"),
        ("Kätzchen 猫.jpg".encode(), "Kätzchen 猫.jpg"),
        (b"red\x1b[31m.jpg", r"red\x1b[31m.jpg"),
        (b"two\nlines\r.jpg", r"two\nlines\r.jpg"),
        ("gpj.\u202exe.jpg".encode(), r"gpj.\u202exe.jpg"),
        ("\x9b31m".encode(), r"\x9b31m"),
        (b"caf\xe9.jpg", r"caf\udce9.jpg"),
    ],
)
def test_a_name_is_one_line_that_steers_no_terminal(name: bytes, shown: str) -> None:
    assert printable(os.fsdecode(name)) == shown
    assert printable(shown) == shown
