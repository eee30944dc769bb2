"""``dogs-vs-cats serve``: a model as a web service, with a page to drop pictures on."""

from pathlib import Path

import click

from dogs_vs_cats.cli import model as models


@click.command()
@models.options
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Whom it listens to: 0.0.0.0 is everybody who reaches this machine.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--max-files", type=click.IntRange(min=1), default=64, show_default=True, help="Of a request."
)
@click.option(
    "--max-mb", type=click.IntRange(min=1), default=32, show_default=True, help="Of a file."
)
def command(
    model: Path | None, method: str | None, host: str, port: int, max_files: int, max_mb: int
) -> None:
    """Answer over HTTP what is in pictures.

    POST /predict takes files; / is a page to drop them on, /docs tells the rest. SIGTERM and Ctrl-C
    end it after what was asked is answered. Anybody who reaches it may ask: there is no password.
    """
    loaded = models.load(model, method)

    import uvicorn

    from dogs_vs_cats.serving.app import create_app
    from dogs_vs_cats.serving.limits import Limits
    from dogs_vs_cats.serving.oracle import Oracle

    limits = Limits(max_files, max_mb * 2**20, 4 * max_mb * 2**20)
    app = create_app(Oracle(loaded), limits)
    click.echo(f"Open http://{host}:{port}/ in a browser; Ctrl-C ends it.", err=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=30)
