"""What is said of the classes: their names, and what unequal ones make of an accuracy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.confusion import Confusion, best_methods, class_accuracy
from dogs_vs_cats.evaluation.words import (
    count,
    counted,
    display_name,
    listed,
    percent,
    sentence,
    shortened,
)
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import Method

MOST_LISTED = 5
"""Classes that running text names."""
_LONGEST_LIST = 80
"""Characters of such a list; a name may have 255 bytes."""


def alternatives(classes: Classes) -> str:
    """The classes as a choice: "cat or dog", "a, b or c", "1,000 classes"."""
    *most, last = classes
    names = _("{most} or {last}").format(most=", ".join(most), last=last)
    if len(classes) > MOST_LISTED or len(names) > _LONGEST_LIST:
        return counted(len(classes), "class")
    return names


def short(name: str, longest: int = 40) -> str:
    """A class's name where there is little room."""
    return shortened(name, longest)


def balanced_accuracy(confusion: Confusion) -> float:
    """Accuracy as a mean over the classes, 0 to 1: each counts alike, whatever its size."""
    return sum(class_accuracy(confusion, name) for name in confusion) / len(confusion)


@dataclass(frozen=True)
class Balance:
    """How many pictures the classes have."""

    train: Mapping[str, int]
    test: Mapping[str, int]

    @property
    def unequal(self) -> bool:
        """Whether a class has more pictures than another."""
        return any(len(set(numbers.values())) > 1 for numbers in (self.train, self.test))

    @cached_property
    def largest(self) -> tuple[str, ...]:
        """The class of the most training pictures; several that are equal in test, too."""
        size = {name: (self.train[name], self.test[name]) for name in self.train}
        return tuple(name for name in size if size[name] == max(size.values()))

    @property
    def always_largest(self) -> float:
        """Test accuracy of a model that says nothing but the largest class, 0 to 1."""
        return self.test[self.largest[0]] / sum(self.test.values())

    def in_words(self) -> str:
        """What a reader of accuracies must know where classes are unequal."""
        numbers = self.train
        unequal = _("The classes are unequal: they have {least} to {most} training pictures.")
        if len(set(numbers.values())) == 1:
            numbers = self.test
            unequal = _("The classes are unequal: they have {least} to {most} test pictures.")
        least, most = (
            f"{count(size)} ({_one_of([name for name in numbers if numbers[name] == size])})"
            for size in (min(numbers.values()), max(numbers.values()))
        )
        always = (
            _(
                "Whoever always says “{name}”, the largest class, is right for {share} of"
                " {pictures}: an accuracy is worth what it is above that."
            )
            if len(self.largest) == 1
            else _(
                "Whoever always says “{name}”, a largest class, is right for {share} of"
                " {pictures}: an accuracy is worth what it is above that."
            )
        )
        balanced = _(
            "The mean accuracy over the classes (balanced accuracy) counts each class alike; always"
            " saying one class reaches {share} there."
        )
        told = (
            unequal.format(least=least, most=most),
            always.format(
                name=short(self.largest[0]),
                share=percent(self.always_largest),
                pictures=counted(sum(self.test.values()), "test picture"),
            ),
            balanced.format(share=percent(1 / len(self.test))),
        )
        return " ".join(told)


def told_in_words(evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    """Which method is best, and how many classes it tells always and never."""
    best, *equal = best_methods(evaluation)
    confusion = evaluation[best]["confusion"]
    shares = [class_accuracy(confusion, name) for name in confusion]
    always, never = map(shares.count, (1, 0))
    first = (
        _("{best} has the highest test accuracy, exactly as high as {others}.")
        if equal
        else _("{best} has the highest test accuracy.")
    ).format(
        best=sentence(display_name(best)),
        others=listed(map(display_name, equal)) if equal else "",
    )
    return f"{first} {_always_and_never(always, never, len(shares))}"


def _always_and_never(always: int, never: int, classes: int) -> str:
    if always and never:
        told = ngettext(
            "It names all test pictures of {always} of the {classes} classes right, and none of"
            " {never} class.",
            "It names all test pictures of {always} of the {classes} classes right, and none of"
            " {never} classes.",
            never,
        )
    elif never:
        told = ngettext(
            "It names all test pictures of none of the {classes} classes right, and none of {never}"
            " class.",
            "It names all test pictures of none of the {classes} classes right, and none of {never}"
            " classes.",
            never,
        )
    elif always:
        told = _("It names all test pictures of {always} of the {classes} classes right.")
    else:
        told = _("It names all test pictures of none of the {classes} classes right.")
    return told.format(always=count(always), never=count(never), classes=count(classes))


def _one_of(names: list[str]) -> str:
    return f"“{short(names[0])}”" if len(names) == 1 else counted(len(names), "class")
