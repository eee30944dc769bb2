"""MLflow's pages in a real browser, without any setting made in them."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from servers import serving

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.mirror import track
from dogs_vs_cats.tracking.store import EXPERIMENT

CHROMIUM = shutil.which("chromium")
PAGE_MILLISECONDS = 60_000

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs chromium (Debian: apt install chromium)"
)


@pytest.fixture
def ui(project: Any) -> Iterator[str]:
    """The address of the pages, of a tracked comparison whose champion is frozen_base."""
    project.write_comparison("Five methods compared")
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    # As `make ui`, with one process that answers instead of four that start.
    command = (
        *("mlflow", "ui", "--port", "{port}", "--workers", "1"),
        *("--backend-store-uri", "sqlite:///mlflow.db"),
    )
    with serving(command, project.root, alive="/health") as uri:
        yield uri


@pytest.fixture
def page() -> Iterator[Page]:
    """An empty page of a browser that was never used, and that reaches this machine only."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PAGE_MILLISECONDS)
        expect.set_options(timeout=PAGE_MILLISECONDS)
        page.route(
            lambda url: not url.startswith(("http://127.0.0.1:", "data:", "blob:")),
            lambda route: route.abort(),
        )
        yield page
        browser.close()


def test_runs_params_and_champion_are_readable_without_setup(
    project: Any, ui: str, page: Page
) -> None:
    experiment = project.client().get_experiment_by_name(EXPERIMENT)
    runs = project.runs_by_method()

    page.goto(f"{ui}/#/experiments/{experiment.experiment_id}/runs")
    names = page.locator('a[href*="/runs/"]')
    expect(names).to_have_count(len(METHODS) + 1)
    assert {(link.inner_text().strip(), link.get_attribute("href")) for link in names.all()} == {
        (name, f"#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}")
        for name, run in runs.items()
    }

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Runs with their results").click()
    view = opened.value
    expect(view.get_by_role("columnheader", name="test_accuracy").first).to_be_visible()
    expect(view.get_by_role("gridcell", name="0.75", exact=True).first).to_be_visible()
    view.close()

    page.locator(f'a[href$="/runs/{runs["fine_tuning"].info.run_id}"]').click()
    expect(page.get_by_role("heading", name="fine_tuning")).to_be_visible()
    for param in ("epochs 3", "learning_rate 1e-05", "backbone.image_size 150"):
        expect(page.get_by_role("row", name=param, exact=True)).to_be_visible()

    page.goto(f"{ui}/#/models/dogs-vs-cats")
    expect(page.get_by_text("Five methods compared")).to_be_visible()
    champion = page.get_by_role("row").filter(has_text="@\N{NO-BREAK SPACE}champion")
    expect(champion).to_have_count(1)
    expect(champion).to_contain_text("method: frozen_base")
