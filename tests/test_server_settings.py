"""The settings that the app is served with: this machine alone, no report to anybody, no request from other pages."""

from __future__ import annotations

import tomllib

import pytest

from tests.generate_readme import README

FILES = (".streamlit/config.toml", "workbench/pages/entry/.streamlit/config.toml")


@pytest.mark.parametrize("file", FILES)
def test_the_app_listens_on_this_machine_alone_and_reports_nothing(file: str) -> None:
    settings = tomllib.loads((README.parent / file).read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"].get("enableXsrfProtection", True) is True
    assert settings["server"].get("enableCORS", True) is True
