"""A small sample of the campaign in ``damage.py``."""

from collections import Counter

from tests.campaigns.damage import (
    OF_PICTURES,
    damaged_archives,
    damaged_pictures,
    drawn,
    flipped,
)


def results(counts: Counter[tuple[str, str]]) -> set[str]:
    return {result for _, result in counts}


def test_damaged_pictures_are_caught() -> None:
    counts = damaged_pictures(drawn(20, 0), 100, 0)
    assert "traceback" not in results(counts)
    # Codes changed into other valid codes cannot be told from the right ones.
    for damage in set(OF_PICTURES) - {flipped}:
        assert counts[damage.__name__, "caught"] >= 14


def test_damaged_archives_end_in_a_message_and_give_no_changed_picture() -> None:
    counts = damaged_archives(drawn(20, 0), 120, 0)
    assert results(counts) <= {"refused", "damaged left out", "unharmed"}
    assert "refused" in results(counts)
