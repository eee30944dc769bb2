"""``dogs-vs-cats doctor``: can the pipeline run here?"""

import json
import sys
from dataclasses import asdict

import click

from dogs_vs_cats.audit import tables
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.tracking.store import project_root


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="That MLflow would listen on.",
)
@as_json
def command(port: int, as_json: bool) -> None:
    """Tell what the pipeline would run on, and whether it can.

    Run it from the root of the project. Exit code 1 if something stands in its way. Credentials are
    looked for and never shown.
    """
    root = project_root()
    params = read_params(root / "params.yaml")
    # Not before: TensorFlow takes seconds, and a mistake in params.yaml is told at once.
    from dogs_vs_cats.diagnosis.checks import examine
    from dogs_vs_cats.diagnosis.finding import Situation

    findings = examine(Situation(root, params, port))
    problems = [finding for finding in findings if finding.verdict == "problem"]
    if as_json:
        document = {"can_run": not problems, "findings": [asdict(each) for each in findings]}
        click.echo(json.dumps(document, indent=2))
    else:
        cells = [(each.subject, printable(each.value), each.verdict) for each in findings]
        click.echo(tables.table(("", "here", ""), cells))
        for each in findings:
            if each.advice:
                click.echo(f"\n{each.verdict}: {each.subject}: {printable(each.advice)}")
        click.echo(
            "\nThe pipeline cannot run here as it is set."
            if problems
            else "\nThe pipeline can run here."
        )
    if problems:
        sys.exit(1)
