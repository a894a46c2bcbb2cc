"""The app as a person uses it: a real server, a real browser, from the corpus to the card.

``WORKBENCH_SCREENSHOTS`` names a folder for pictures of what the tests see.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browsing import Server, Visitor, start_a_study, wait_for_progress
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engine, pytest.mark.xdist_group("browser")]


def test_from_the_corpus_to_the_card(browser: Any, server: Server, tmp_path: Path, pictures: Path) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "American English", "Scottish English")
    visitor.close()  # in mid-run

    visitor = Visitor(browser, server)  # another window re-attaches
    visitor.open("run")
    page = visitor.page
    page.get_by_text("is finished").wait_for(timeout=120_000)
    record = open_store().run(run_id)
    assert (record.state, record.done, record.failed) == ("done", record.total, 0)
    visitor.settled()
    page.get_by_role("link", name="See the findings").first.click()
    page.locator(".js-plotly-plot").nth(1).wait_for()
    visitor.settled()
    visitor.arrives("Findings")
    assert page.get_by_text("Synthetic voices: these figures").first.is_visible()

    page.get_by_role("button", name="white noise, 10\u00a0dB: ").nth(1).click()  # of the board: the second group
    page.get_by_text("As the engine heard it").wait_for()
    visitor.settled()
    assert page.locator("audio").count() == 2
    assert "view=Utterances" in page.url
    assert "condition=white_noise" in page.url
    colleague = Visitor(browser, server, width=390)
    colleague.page.goto(page.url)
    colleague.page.get_by_text("As the engine heard it").wait_for()
    colleague.settled()
    assert colleague.page.locator("strong").all_inner_texts() == page.locator("strong").all_inner_texts()
    visitor.picture(pictures, "utterances")
    colleague.picture(pictures, "utterances")
    colleague.close()

    page.get_by_role("link", name="Service card").first.click()
    visitor.settled()
    page.get_by_label("Intended use").fill("Requests on a ward.")
    visitor.press("Build the card")
    with page.expect_download() as download:
        page.get_by_role("button", name="Card (PDF)").click()
    download.value.save_as(tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    visitor.picture(pictures, "card-built")
    visitor.close()


def test_a_run_outlives_the_server_and_is_found_again(browser: Any, server: Server) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "American English", "Scottish English", "Caribbean English", "Lancashire English")
    done = wait_for_progress(run_id)
    server.kill()
    visitor.close()
    record = open_store().run(run_id)
    assert record.state == "running"
    assert record.done < record.total
    wait_for_progress(run_id, beyond=max(done, record.done))
    server.start()
    visitor = Visitor(browser, server)
    visitor.open("run")
    visitor.page.get_by_text("is finished").wait_for(timeout=120_000)
    visitor.close()
    assert open_store().run(run_id).done == record.total


def test_a_cancelled_run_keeps_what_it_has_and_is_resumed(browser: Any, server: Server) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "American English", "Scottish English", "Caribbean English", "Lancashire English")
    wait_for_progress(run_id)
    visitor.page.get_by_role("button", name="Cancel").click()
    visitor.page.get_by_text("is cancelled").wait_for()
    kept = open_store().run(run_id).done
    visitor.press("Resume")
    visitor.page.get_by_text("is finished").wait_for(timeout=120_000)
    record = open_store().run(run_id)
    assert record.reused >= kept > 0
    visitor.close()


def test_every_page_has_its_pictures(browser: Any, server: Server, pictures: Path) -> None:
    visitor = Visitor(browser, server)
    page = visitor.page
    run_id = start_a_study(visitor, "American English", "Scottish English")
    visitor.both_pictures(pictures, "run-at-work")
    page.get_by_text("is finished").wait_for(timeout=120_000)
    for step, name in enumerate(("corpus", "conditions", "engines", "run", "findings", "service_card"), 1):
        page.get_by_role("link", name=f"{step} ").click()
        visitor.both_pictures(pictures, name)
    assert open_store().run(run_id).finished
    visitor.close()


def test_the_gallery_is_read_wide_and_narrow_and_can_be_played(browser: Any, tmp_path: Path, pictures: Path) -> None:
    from workbench.figures.gallery import choose, clip_of, write

    clip, pool = clip_of()
    index = write(tmp_path, clip, choose(["equip_pulse", "opus@4"]), pool=pool)
    for width, scheme in ((1280, "light"), (390, "dark")):
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(index.as_uri())
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.wait_for_function("[...document.images].every(image => image.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        seconds = page.evaluate(
            "new Promise((done, fail) => { const one = document.querySelectorAll('audio')[1]; one.onerror = fail;"
            " one.onloadedmetadata = () => done(one.duration); one.preload = 'metadata'; one.load(); })"
        )
        assert seconds == pytest.approx(clip.wave.duration_s, abs=0.01)
        assert all(url.startswith("file:") for url in asked)
        page.screenshot(path=str(pictures / f"gallery-{width}.png"), full_page=True)
        context.close()
