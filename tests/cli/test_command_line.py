"""The command line as a whole: its overview, mistakes, completion, and what it imports for them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner, Result

from dogs_vs_cats.__main__ import COMMANDS, cli
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.project import stage


def run(*arguments: str, completing: str | None = None) -> Result:
    words = (
        {"COMP_WORDS": completing, "COMP_CWORD": str(len(completing.split(" ")) - 1)}
        if completing
        else {}
    )
    instruction = {"_DOGS_VS_CATS_COMPLETE": "bash_complete"} if completing else {}
    return CliRunner().invoke(
        cli, arguments, prog_name="dogs-vs-cats", env={**words, **instruction}
    )


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").output == f"dogs-vs-cats, version {version('dogs-vs-cats')}\n"


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        (("predictt", "a.jpg"), "predict"),
        (("audti",), "audit"),
        (("audit", "verisons"), "versions"),
        (("predict", "a.jpg", "--methd", "fine_tuning"), "--method"),
        (("explain", "a.jpg", "--imagnet"), "--imagenet"),
        (("--versoin",), "--version"),
    ],
)
def test_who_mistypes_is_asked_what_was_meant(mistyped: tuple[str, ...], meant: str) -> None:
    result = run(*mistyped)
    assert result.exit_code == 2
    assert f"Did you mean '{meant}'?" in result.output.replace("one of: ", "")


def test_what_is_like_nothing_gets_no_suggestion() -> None:
    result = run("xylophone")
    assert "No such command 'xylophone'" in result.output
    assert "Did you mean" not in result.output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dogs-vs-cats ", {f"plain,{name}" for name in COMMANDS}),
        ("dogs-vs-cats pred", {"plain,predict"}),
        ("dogs-vs-cats predict --m", {"plain,--model", "plain,--method"}),
        (
            "dogs-vs-cats predict --method f",
            {"plain,fine_tuning", "plain,frozen_base", "plain,feature_extraction"},
        ),
        ("dogs-vs-cats predict photo", {"file,photo"}),
        ("dogs-vs-cats explain photo", {"file,photo"}),
        ("dogs-vs-cats audit ver", {"plain,versions"}),
    ],
)
def test_the_shell_completes(typed: str, offered: set[str]) -> None:
    assert {*run(completing=typed).output.split()} == offered


def commands(command: click.Command, *names: str) -> Iterator[list[str]]:
    """The words that lead to each command, also those in groups."""
    yield [*names]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner
            yield from commands(inner, *names, name)


@pytest.mark.parametrize(
    "arguments", [*([*words, "--help"] for words in commands(cli)), ["--version"], ["predcit"]]
)
def test_help_needs_no_tensorflow(arguments: list[str]) -> None:
    assert_light(f"cli.main({arguments}, prog_name='dogs-vs-cats')")


@pytest.mark.parametrize(("stopped", "code"), [(stage.Terminated, 143), (KeyboardInterrupt, 130)])
def test_a_command_that_is_stopped_ends_as_shells_expect(
    stopped: type[BaseException], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise stopped

    monkeypatch.setattr(click.Group, "invoke", stop)
    assert run("predict", "a.jpg").exit_code == code


def test_completion_needs_no_tensorflow() -> None:
    assert_light(
        "import os\n"
        "os.environ.update(_DOGS_VS_CATS_COMPLETE='bash_complete', COMP_CWORD='1',"
        " COMP_WORDS='dogs-vs-cats ')\n"
        "cli.main([], prog_name='dogs-vs-cats')"
    )


def test_the_networks_are_listed_for_people_and_for_programs() -> None:
    lines = run("backbones").output.splitlines()
    assert lines[0].split() == ["name", "smallest", "cut", "weights", "reference"]
    assert len(lines) == 2 + len(BACKBONES)
    assert re.match(r"vgg16 +32 +block4_pool +set-up +Simonyan", lines[2])
    rows = json.loads(run("backbones", "--json").output)["backbones"]
    assert {row["name"]: row["smallest"] for row in rows}["xception"] == 71
    come_with_it = {row["name"] for row in rows if row["weights"] == "set-up"}
    assert come_with_it == {"vgg16", *(f"efficientnet_lite{variant}" for variant in range(3))}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_listing_the_networks_needs_no_tensorflow(options: list[str]) -> None:
    assert_light(f"cli.main(['backbones', *{options}], prog_name='dogs-vs-cats')")


def assert_light(code: str) -> None:
    """Run code on the command line's group in a fresh interpreter and see what it imported."""
    script = (
        "import atexit, sys\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'mlflow', 'matplotlib', 'dvc'}\n"
        "atexit.register(lambda: print('heavy:', sorted(heavy & {*sys.modules})))\n"
        f"from dogs_vs_cats.__main__ import cli\n{code}"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert process.stdout.endswith("heavy: []\n"), process.stdout + process.stderr
