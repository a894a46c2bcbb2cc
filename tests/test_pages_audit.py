"""The audit on the Corpus page: asked for, shown with its sentences and numbers, remembered, and the channel added."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import workbench as wb
from tests.test_provenance import manifest as manifest
from workbench.provenance import common_channel

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def page(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("WORKBENCH_MANIFESTS", str(manifest.parent))
    return AppTest.from_file(str(ROOT / "workbench" / "pages" / "corpus.py"), default_timeout=60).run()


def texts(page: AppTest) -> str:
    kinds = (page.markdown, page.warning, page.info, page.caption, page.success)
    return " ".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def test_the_audit_is_asked_for_and_says_what_the_package_says(page: AppTest, manifest: Path) -> None:
    assert not page.exception and "were recorded differently" not in texts(page)
    page.button(key="audit_start").click().run()
    assert not page.exception
    own = wb.audit(manifest, attribute="accent")
    for sentence in own.sentences:
        assert sentence in texts(page)
    means = next(one.value for one in page.dataframe if "measure" in one.value.columns and "phone" in one.value.columns)
    floor = means[means["measure"].str.startswith("noise floor")].iloc[0]
    row = own.differences[
        (own.differences["group"] == "phone") & (own.differences["measure"] == "source_floor_db")
    ].iloc[0]
    assert f"{row['mean_group']:.1f}".replace("-", "−") in floor["phone"] and "SMD" in floor["phone"]
    page.run()
    assert "were recorded differently" in texts(page)  # it stays


def test_the_common_channel_becomes_a_condition_of_the_study(page: AppTest) -> None:
    page.button(key="audit_start").click().run()
    page.button(key="audit_channel").click().run()
    assert not page.exception and "Added" in texts(page)
    assert common_channel().condition_id in page.session_state["own_in_use"]
    assert common_channel().condition_id in page.session_state["draft"].own
