"""Every page, light and dark, wide and narrow: the rules of axe-core, nothing beyond the edge, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import pytest

from tests.browsing import PAGES, TITLES, Server, Visitor
from tests.conftest import require
from tests.demo_run import demo_run
from workbench.pages.findings.findings import VIEWS
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

LOOKS = {**PAGES, **{f"findings-{view.lower()}": f"findings?view={view}" for view in VIEWS if view != "Board"}}
SERIOUS = ("serious", "critical")
STREAMLIT: dict[str, tuple[str, str]] = {}
"""What axe finds in Streamlit's own widgets and we cannot change: rule -> (part of the element's HTML, why)."""
RUN_AXE = """
async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .map(one => ({id: one.id, impact: one.impact, help: one.help,
                  nodes: one.nodes.map(node => ({html: node.html, target: node.target.join(' '), why: node.failureSummary}))}))
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, as the package brings it."""
    require(find_spec("axe_playwright_python"), "axe-core is not installed (pip install -r requirements-dev.txt)")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app over a store with the demo study, heard by a scripted engine."""
    folder = tmp_path_factory.mktemp("access")
    url = f"sqlite:///{folder / 'store.sqlite'}"
    assert demo_run(open_store(url)).state == "done"
    app = Server(folder / "streamlit.log", WORKBENCH_HOME=str(folder), WORKBENCH_STORE=url)
    app.start()
    yield app
    app.kill()


def prepared(browser: Any, server: Server, look: str, scheme: str) -> Visitor:
    """Open a page as somebody sees it who has chosen a corpus."""
    visitor = Visitor(browser, server, scheme=scheme)
    if look in PAGES and look != "findings":
        visitor.open()
        for name in dict.fromkeys(("corpus", look)):
            visitor.page.get_by_role("link", name=TITLES[name]).first.click()
            visitor.arrives(TITLES[name])
    else:
        visitor.open(LOOKS[look])
    if look == "service_card":
        visitor.press("Build the card")
        visitor.page.get_by_role("heading", name="Pages", exact=True).wait_for()
    visitor.settled()
    visitor.page.mouse.move(0, 0)  # nothing is hovered
    visitor.page.wait_for_timeout(1_000)
    return visitor


def serious(visitor: Visitor, axe: str) -> list[str]:
    """What axe-core finds on the page that is open, serious and critical, less what is Streamlit's own."""
    visitor.page.evaluate(axe)
    found = []
    for one in visitor.page.evaluate(RUN_AXE):
        part, _ = STREAMLIT.get(one["id"], ("\0", ""))
        own = [node for node in one["nodes"] if part not in node["html"]]
        if one["impact"] in SERIOUS and own:
            found += [
                f"{one['id']} ({one['impact']}): {node['target']}\n{node['html'][:300]}\n{node['why']}" for node in own
            ]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_page_keeps_the_rules_fits_the_window_and_asks_nobody_else(
    browser: Any, demo_server: Server, axe: str, look: str, scheme: str
) -> None:
    visitor = prepared(browser, demo_server, look, scheme)
    wide = serious(visitor, axe)
    assert visitor.too_wide_by() <= 0
    visitor.narrow()
    visitor.settled()
    assert visitor.too_wide_by() <= 0, "something sticks out at 390 px"
    found = [*wide, *serious(visitor, axe)]
    assert not found, "\n\n".join(dict.fromkeys(found))
    assert visitor.asked and not visitor.elsewhere
    visitor.close()


def test_one_press_of_back_leaves_a_view(browser: Any, demo_server: Server) -> None:
    visitor = Visitor(browser, demo_server)
    visitor.open("findings")
    page = visitor.page
    page.locator(".js-plotly-plot").first.wait_for()
    for view in ("Errors", "Models"):
        visitor.settled()
        page.get_by_test_id("stMain").get_by_text(view, exact=True).first.click()
        page.wait_for_url(f"**view={view}*")
    visitor.settled()
    page.go_back()
    page.wait_for_url("**view=Errors*")
    visitor.settled()
    page.go_back()
    visitor.settled()
    assert "view=" not in page.url, "the address by which the page was opened"
    visitor.close()


def test_a_cell_is_opened_from_the_keyboard_down_to_the_audio(browser: Any, demo_server: Server) -> None:
    visitor = Visitor(browser, demo_server)
    visitor.open("findings")
    page = visitor.page
    cell = page.get_by_role("button", name="Scottish English, white noise, 10\u00a0dB")
    cell.wait_for()
    visitor.settled()
    focused = "let e = document.activeElement; while (e.shadowRoot) e = e.shadowRoot.activeElement; e.getAttribute('aria-label') || ''"
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(focused).startswith("Scottish English, white noise"):
            break
    page.keyboard.press("Enter")
    page.get_by_text("As the engine heard it").wait_for()
    visitor.settled()
    assert "condition=white_noise" in page.url and "Scottish" in page.url
    assert page.locator("audio").count() == 2
    assert page.get_by_role("listitem", name="reference ").count() > 1  # word by word
    visitor.close()
