"""A small, seeded sample of each campaign."""

from tests.campaigns import parameters


def test_files_in_the_place_of_params_yaml_are_taken_or_refused() -> None:
    counts = parameters.run(count=150, seed=1, every=75)
    assert not counts.faults
