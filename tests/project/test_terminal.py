import os

import pytest

from dogs_vs_cats.project.terminal import printable


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
