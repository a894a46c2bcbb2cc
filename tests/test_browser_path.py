"""The whole path in one go: a zip is uploaded, and a PDF with the numbers of its run is downloaded."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pypdf
import pytest

import workbench as wb
from tests.browsing import Server, Visitor, add_recogniser, choose_noise
from tests.card_material import plain, squeezed
from tests.demo_run import DEMO
from workbench.cards.hashes import run_hash
from workbench.figures import percent, percent_interval
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engine, pytest.mark.xdist_group("browser")]

ACCENTS = ("American English", "Scottish English")


def zipped(path: Path) -> int:
    """Write a zip of the speech of two accents with its manifest, description and grammar; return how many utterances."""
    rows = pd.read_csv(DEMO / "demo.csv", keep_default_na=False)
    rows = rows[rows["accent"].isin(ACCENTS)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ward.csv", rows.to_csv(index=False))
        archive.write(DEMO / "demo.toml", "ward.toml")
        archive.write(DEMO / "demo.gram", "ward.gram")
        for audio in rows["path"]:
            archive.write(DEMO / audio, audio)
    return len(rows)


def test_from_an_uploaded_zip_to_a_pdf_with_the_numbers_of_its_run(
    browser: Any, server: Server, tmp_path: Path, pictures: Path
) -> None:
    n = zipped(tmp_path / "ward.zip")
    visitor = Visitor(browser, server)
    page = visitor.page
    visitor.open()
    page.get_by_text("Upload a zip", exact=True).click()
    visitor.settled()
    page.locator('input[type="file"]').first.set_input_files(tmp_path / "ward.zip")
    page.get_by_text("Who is in it").wait_for()
    visitor.settled()
    assert page.get_by_test_id("stMetricValue").all_inner_texts()[:2] == ["16", str(n)]
    visitor.press("Next: conditions")

    choose_noise(visitor)
    visitor.press("Next: models")

    add_recogniser(visitor, grammar="ward.gram")
    visitor.press("Next: run")

    visitor.arrives("Run")
    page.get_by_label("Name", exact=True).fill("A ward of our own")
    page.keyboard.press("Enter")
    visitor.settled()
    visitor.press("Start the run")
    page.get_by_text("is finished").wait_for(timeout=180_000)
    visitor.settled()

    page.get_by_role("link", name="See the findings").first.click()
    visitor.arrives("Findings")
    page.locator(".js-plotly-plot").nth(1).wait_for()
    visitor.settled()
    visitor.picture(pictures, "path-findings")
    page.get_by_role("link", name="Service card").first.click()
    visitor.arrives("Service card")
    page.get_by_label("Intended use").fill("Requests on a ward.")
    visitor.press("Build the card")
    page.get_by_role("heading", name="Pages", exact=True).wait_for()
    visitor.picture(pictures, "path-card")
    with page.expect_download() as download:
        page.get_by_role("button", name="Card (PDF)").click()
    download.value.save_as(tmp_path / "card.pdf")
    visitor.settled()
    assert visitor.asked and not visitor.elsewhere
    visitor.close()

    record = open_store().runs()[0]
    assert (record.state, record.done, record.failed) == ("done", 2 * n, 0)
    holds_the_numbers(tmp_path / "card.pdf", record.run_id)


def holds_the_numbers(pdf: Path, run_id: str) -> None:
    """Check that a PDF opens and prints every rate of a run with its interval, and that it names the run."""
    read = pypdf.PdfReader(pdf)
    text = plain("\n".join(one.extract_text() for one in read.pages))
    results = wb.load(run_id)
    rates = wb.rates(results.scores, ["accent"])
    assert len(rates) == 2 * len(ACCENTS)
    for row in rates.to_dict("records"):
        ends = row["ci_low"], row["ci_high"]
        cell = plain(f"{percent(row['rate'], *ends)} ({percent_interval(*ends)})").replace(" %)", ")")
        assert str(row["accent"]) in text and cell in text, (row["accent"], cell, text)
    assert "Requests on a ward." in text
    assert squeezed(run_id) in squeezed(text)
    assert f"run sha256:{run_hash(results)}" in str((read.metadata or {}).get("/Keywords"))
