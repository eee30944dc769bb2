"""The report in a real browser."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report_inputs import CLASSES, HOSTILE, write_project

from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs chromium (Debian: apt install chromium)"
)


@dataclass
class Opened:
    page: Page
    problems: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and exceptions."""
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = write_project(tmp_path_factory.mktemp("report"))
    project.write_seeds(3)
    write_report(read_results(project.layout), CLASSES, project.reports)
    return project.reports


@pytest.fixture(scope="module", params=["odd", "many"])
def of_classes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report's page on classes of odd names, of many."""
    odd = ("<b>R&D $5<b>", "Größe 2", "a|b", "x" * 250, "word " * 50 + "end")
    classes = odd if request.param == "odd" else tuple(f"class {place}" for place in range(40))
    project = write_project(tmp_path_factory.mktemp(request.param), classes)
    write_report(read_results(project.layout), classes, project.reports)
    return project.reports / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Browser, path: Path, width: int = 1440, scheme: str = "light") -> Opened:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Opened(context.new_page())
    opened.page.on(
        "console",
        lambda message: (
            opened.problems.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    opened.page.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.page.on("dialog", lambda dialog: opened.problems.append(dialog.message))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.goto(path.as_uri())
    return opened


def first_cells(page: Page) -> list[str]:
    return page.locator("#comparison tbody th").all_inner_texts()


@pytest.mark.parametrize("name", ["index.html"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_whole_quiet_and_as_wide_as_the_screen(
    browser: Browser, reports: Path, name: str, width: int, scheme: str
) -> None:
    opened = open_page(browser, reports / name, width, scheme)
    broken = opened.page.evaluate(
        """async () => {
            for (const details of document.querySelectorAll("details")) details.open = true;
            const images = [...document.images];
            for (const image of images) image.loading = "eager";
            await Promise.allSettled(images.map((image) => image.decode()));
            return images.filter((image) => image.naturalWidth === 0).map((image) => image.alt);
        }"""
    )
    assert broken == []
    assert opened.page.locator("img").count() > 0
    widest = opened.page.evaluate("document.documentElement.scrollWidth")
    assert widest <= width
    assert opened.problems == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert [url for url in opened.requests if url.startswith("file:")] == [
        (reports / name).as_uri()
    ]
    background = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (brightness > 3 * 128) == (scheme == "light")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_page_of_any_classes_is_quiet_and_as_wide_as_the_screen(
    browser: Browser, of_classes: Path, width: int
) -> None:
    opened = open_page(browser, of_classes, width)
    opened.page.evaluate(
        "for (const each of document.querySelectorAll('details')) each.open = true"
    )
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.locator("b").count() == 0
    assert opened.problems == []


def test_the_table_sorts_by_click_and_says_so(browser: Browser, reports: Path) -> None:
    page = open_page(browser, reports / "index.html").page
    original = first_cells(page)
    head = page.locator("#comparison thead th", has_text="First model")
    assert head.get_attribute("aria-sort") is None
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert first_cells(page) == original[::-1]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert first_cells(page) == original
    other = page.locator("#comparison thead th", has_text="ECE")
    other.get_by_role("button").click()
    assert page.locator("#comparison th[aria-sort]").count() == 1


def test_the_table_sorts_by_keyboard(browser: Browser, reports: Path) -> None:
    page = open_page(browser, reports / "index.html").page
    original = first_cells(page)
    page.locator("#comparison thead button").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # test accuracy, highest first
    assert page.locator("#comparison th[aria-sort]").inner_text().startswith("Test accuracy")
    assert first_cells(page)[0] == "feature extraction"
    page.keyboard.press("Space")
    assert first_cells(page)[0] == "small convnet"
    assert sorted(first_cells(page)) == sorted(original)


def test_the_first_stop_of_the_keyboard_leads_to_the_content(
    browser: Browser, reports: Path
) -> None:
    page = open_page(browser, reports / "index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_only_regions_that_scroll_take_the_focus_and_say_so(
    browser: Browser, reports: Path
) -> None:
    region, hint = "#comparison .scroll", "e => getComputedStyle(e, '::before').content"
    narrow = open_page(browser, reports / "index.html", 390).page
    assert narrow.locator(region).get_attribute("tabindex") == "0"
    assert "scrolls sideways" in narrow.locator(region).evaluate(hint)
    wide = open_page(browser, reports / "index.html", 1440).page
    assert wide.locator(region).get_attribute("tabindex") is None
    assert wide.locator(region).evaluate(hint) == "none"


@pytest.mark.parametrize(("scheme", "changed"), [("light", False), ("dark", True)])
def test_drawings_follow_the_scheme(
    browser: Browser, reports: Path, scheme: str, changed: bool
) -> None:
    page = open_page(browser, reports / "index.html", scheme=scheme).page
    for card in ("#training .card", "#inside .card"):  # lines, a photo
        applied = page.locator(card).first.evaluate("e => getComputedStyle(e).filter")
        assert (applied != "none") == changed


def test_a_lone_figure_takes_the_whole_width(browser: Browser, reports: Path) -> None:
    page = open_page(browser, reports / "index.html").page
    figures, figure = page.locator("#calibration .figures"), page.locator("#calibration figure")
    assert figure.bounding_box()["width"] == figures.bounding_box()["width"]


def test_a_hostile_file_name_is_shown_as_text(browser: Browser, reports: Path) -> None:
    opened = open_page(browser, reports / "index.html")
    assert opened.page.locator(".file", has_text=HOSTILE).first.is_visible()
    assert opened.page.locator("img[src=x]").count() == 0
    assert opened.problems == []


def test_the_policy_stops_what_is_not_the_pages_own(browser: Browser, reports: Path) -> None:
    page = open_page(browser, reports / "index.html").page
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.ran") is None


def test_paper_shows_everything(browser: Browser, reports: Path) -> None:
    page = open_page(browser, reports / "index.html").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("main details:not([open])").count() == 0
    assert not page.locator("nav").is_visible()
