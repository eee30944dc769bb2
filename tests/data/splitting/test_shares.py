"""Splits by shares, by groups and by the archive's own folders."""

import itertools
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parameters import COMMITTED

from dogs_vs_cats.data.splitting.archive import ArchivedPicture
from dogs_vs_cats.data.splitting.groups import groups_of, read_groups
from dogs_vs_cats.data.splitting.split import Chosen, choose
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, SplitSettings

CLASSES = ("ant", "bee", "cow")


def settings(*sizes: float, **changes: Any) -> SplitSettings:
    given = COMMITTED["split"] | dict(zip(SPLITS, sizes, strict=True)) | changes
    return SplitSettings(**given).resolved("folder")


def picture(label: str, below: str, number: int = 0, split: str | None = None) -> ArchivedPicture:
    front = f"{split}/" if split else ""
    return ArchivedPicture(f"{front}{label}/{below}", label, below, number, 1, split=split)


def pictures(counts: dict[str, int], split: str | None = None) -> list[ArchivedPicture]:
    return [
        picture(label, f"{number}.jpg", number, split)
        for label, count in counts.items()
        for number in range(count)
    ]


def counts_in(chosen: list[Chosen]) -> Counter[tuple[str, str]]:
    return Counter((each.split, each.picture.label) for each in chosen)


strategies = st.sampled_from(["first", "random"])
counts = st.fixed_dictionaries({label: st.integers(3, 60) for label in CLASSES})
shares = st.tuples(*[st.floats(0.05, 1)] * 3, st.floats(0, 0.5)).map(
    lambda parts: tuple(part / sum(parts) for part in parts[:3])
)


@given(counts, shares, strategies, st.integers(0, 2**31 - 1), st.randoms())
def test_shares_are_stratified_disjoint_and_blind_to_the_archives_order(
    counts: dict[str, int], shares: tuple[float, ...], strategy: str, seed: int, random: Any
) -> None:
    wanted, pool = settings(*shares, strategy=strategy, seed=seed), pictures(counts)
    chosen, left_over = choose(pool, CLASSES, wanted)
    assert len({each.picture for each in chosen}) == len(chosen) == len(pool) - len(left_over)
    assert len({each.file for each in chosen}) == len(chosen)
    found = counts_in(chosen)
    for (split, share), (label, count) in itertools.product(
        zip(SPLITS, shares, strict=True), counts.items()
    ):
        assert found[split, label] >= 1
        if min(shares) * count >= 1:  # else a picture is taken from the largest for the smallest
            assert abs(found[split, label] - share * count) < 1
    if sum(shares) > 1 - 1e-12:
        assert not left_over
    random.shuffle(pool)
    assert choose(pool, CLASSES, wanted) == (chosen, left_over)


def test_the_default_shares_are_exact_where_they_can_be() -> None:
    found = counts_in(choose(pictures({"ant": 10, "bee": 35, "cow": 3}), CLASSES, auto())[0])
    assert [[found[split, label] for split in SPLITS] for label in CLASSES] == [
        [6, 2, 2],
        [21, 7, 7],
        [1, 1, 1],
    ]


def auto(**changes: Any) -> SplitSettings:
    return settings("auto", "auto", "auto", **changes)  # type: ignore[arg-type]


def test_a_class_too_small_for_three_splits_is_named() -> None:
    with pytest.raises(PipelineError, match=r"missing are 1 of class bee \(2 usable\)"):
        choose(pictures({"ant": 9, "bee": 2, "cow": 9}), CLASSES, auto())


def test_of_many_small_classes_some_are_named() -> None:
    names = [f"c{number}" for number in range(1000)]
    with pytest.raises(PipelineError, match=r"c4 .* and 995 more") as raised:
        choose(pictures(dict.fromkeys(names, 1)), names, auto())
    assert len(str(raised.value)) < 600


grouped = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(CLASSES)), min_size=1, max_size=150
).map(
    lambda drawn: [
        *(picture(label, f"g{group}/{n}.jpg", n) for n, (group, label) in enumerate(drawn)),
        # Groups of one picture, so that each split can have one of each class.
        *(picture(label, f"{n}.jpg", 1000 + n) for label in CLASSES for n in range(9)),
    ]
)


@given(grouped, st.booleans(), strategies, st.integers(0, 2**31 - 1), st.randoms())
def test_a_group_stands_in_one_split_whole(
    pool: list[ArchivedPicture], counted: bool, strategy: str, seed: int, random: Any
) -> None:
    sizes = (4, 2, 2) if counted else (0.6, 0.2, 0.2)
    wanted = settings(*sizes, by="group", strategy=strategy, seed=seed)
    groups = groups_of(pool, {}, Path())
    chosen, left_over = choose(pool, CLASSES, wanted, groups)
    places = defaultdict(set)
    for each in chosen:
        places[groups[each.picture]].add(each.split)
    for one in left_over:
        places[groups[one]].add("left over")
    assert {len(splits) for splits in places.values()} == {1}
    assert len(chosen) + len(left_over) == len(pool)
    found = counts_in(chosen)
    assert {*found} == {*itertools.product(SPLITS, CLASSES)}
    if counted:
        for split, size in zip(SPLITS, sizes, strict=True):
            assert max(found[split, label] for label in CLASSES) <= size
    else:
        assert not left_over
    random.shuffle(pool)
    assert choose(pool, CLASSES, wanted, groups) == (chosen, left_over)


@given(counts, strategies)
def test_groups_of_one_picture_are_as_stratified_as_pictures(
    counts: dict[str, int], strategy: str
) -> None:
    pool = pictures(counts)
    wanted = settings(0.6, 0.2, 0.2, by="group", strategy=strategy)
    found = counts_in(choose(pool, CLASSES, wanted, groups_of(pool, {}, Path()))[0])
    for label, count in counts.items():
        for split, share in zip(SPLITS, (0.6, 0.2, 0.2), strict=True):
            assert abs(found[split, label] - share * count) <= 1


def test_three_groups_of_a_class_are_enough() -> None:
    pool = [picture(c, f"{c}{g}/{n}.jpg") for c in CLASSES for g in range(3) for n in range(5)]
    groups = groups_of(pool, {}, Path())
    found = counts_in(choose(pool, CLASSES, auto(by="group"), groups)[0])
    assert {*found.values()} == {5}
    two = [one for one in pool if one.below[3] != "2" or one.label != "bee"]
    with pytest.raises(PipelineError, match=r"bee \(2 groups\) of which .* has none.*split\.by"):
        choose(two[:-1], CLASSES, auto(by="group"), groups)


def test_a_group_that_fits_nowhere_is_left_over_with_the_reason() -> None:
    pool = [picture("ant", f"album/{n}.jpg") for n in range(5)] + pictures({"ant": 8, "bee": 8})
    groups = groups_of(pool, {}, Path())
    chosen, left_over = choose(pool, CLASSES[:2], settings(4, 2, 2, by="group"), groups)
    assert {counts_in(chosen)[split, "ant"] for split in SPLITS} == {4, 2}
    assert left_over == dict.fromkeys(
        pool[:5], "left over: its group of 5 pictures fits into no split"
    )


def test_a_table_names_groups_across_classes(tmp_path: Path) -> None:
    pool = pictures({"ant": 6, "bee": 6})
    rows = [f"{one.entry},shoot {one.number // 2}" for one in pool if one.number is not None]
    path = tmp_path / "groups.csv"
    path.write_text("\n".join(["file,group", "gone.jpg,shoot 1", *rows]), encoding="utf-8-sig")
    groups = groups_of(pool, read_groups(path), path)
    assert groups[pool[0]] == groups[pool[1]] == groups[pool[6]] != groups[pool[2]]
    found = defaultdict(set)
    for each in choose(pool, CLASSES[:2], auto(by="group"), groups)[0]:
        found[each.split].add(groups[each.picture])
    assert sorted(map(len, found.values())) == [1, 1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not found. split.groups should name"),
        ("file;group\n", "has no column file and no column group"),
        ("", "cannot be read"),
        ("file,group\nant/0.jpg,a\nant/0.jpg,b\n", "gives ant/0.jpg two groups"),
        ("file,group\nant/0.jpg,a\n", "names no group of ant/1.jpg, ant/2.jpg"),
        ("file,group\nant/0.jpg,a\nant/1.jpg,a\nant/2.jpg,\n", "names no group of ant/2.jpg"),
    ],
)
def test_a_table_that_cannot_be_used_is_explained(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "groups.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PipelineError, match=message):
        groups_of(pictures({"ant": 3}), read_groups(path), path)


def test_the_committed_table_of_groups_is_empty() -> None:
    root = Path(__file__).parents[3]
    assert read_groups(root / COMMITTED["split"]["groups"]) == {}


OWN = {
    split: pictures({"ant": count, "bee": count}, split)
    for split, count in zip(SPLITS, (20, 7, 6), strict=True)
}


@pytest.mark.parametrize("by", ["file", "group"])
def test_own_splits_keep_all_their_pictures_where_shares_are_wanted(by: str) -> None:
    pool = [*itertools.chain(*OWN.values())]
    groups = {one: one for one in pool}
    chosen, left_over = choose(pool, CLASSES[:2], auto(by=by), groups)
    assert not left_over
    assert all(each.split == each.picture.split for each in chosen)


@pytest.mark.parametrize("by", ["file", "group"])
def test_a_missing_validation_is_cut_from_train(by: str) -> None:
    pool = [*OWN["train"], *OWN["test"]]
    groups = {one: one for one in pool}
    chosen, left_over = choose(pool, CLASSES[:2], auto(by=by), groups)
    assert not left_over
    assert {each.picture.split for each in chosen if each.split != "test"} == {"train"}
    assert {each.picture.split for each in chosen if each.split == "test"} == {"test"}
    found = counts_in(chosen)
    assert [found[split, "ant"] for split in SPLITS] == [15, 5, 6]


@pytest.mark.parametrize("by", ["file", "group"])
def test_own_splits_give_as_many_as_the_counts_say_at_most(by: str) -> None:
    pool = [*itertools.chain(*OWN.values())]
    groups = {one: one for one in pool}
    chosen, left_over = choose(pool, CLASSES[:2], settings(10, 100, 3, by=by), groups)
    assert [counts_in(chosen)[split, "bee"] for split in SPLITS] == [10, 7, 3]
    assert all(each.split == each.picture.split for each in chosen)
    assert len(left_over) == len(pool) - 40


def test_an_own_split_without_a_class_is_named() -> None:
    pool = [*OWN["train"], *pictures({"ant": 3}, "test")]
    with pytest.raises(PipelineError, match=r"must be in test; missing are 1 of class bee"):
        choose(pool, CLASSES[:2], auto())


def test_a_group_in_two_own_splits_is_named() -> None:
    pool = [*OWN["train"], *OWN["test"]]
    groups = {one: one.below for one in pool}
    with pytest.raises(PipelineError, match=r"test/ant/0\.jpg and train/ant/0\.jpg are of one"):
        choose(pool, CLASSES[:2], auto(by="group"), groups)
