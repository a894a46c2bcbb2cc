"""The audit on the command line and as a figure: the package's own findings, refusals that say what to do."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.command_line import call, parsed
from tests.test_provenance import manifest as manifest
from tests.test_provenance import speakers, utterances
from workbench.errors import ScoringError


def test_the_command_says_what_the_package_finds(manifest: Path, tmp_path: Path) -> None:
    found = parsed("audit", manifest, "--by", "accent", "--out", tmp_path / "out" / "measures.csv")
    own = wb.audit(manifest, attribute="accent")
    assert tuple(found["sentences"]) == own.sentences and found["failed"] == []
    assert [row["smd"] for row in found["differences"]] == [
        None if pd.isna(x) or abs(x) == float("inf") else x for x in own.differences["smd"]
    ]
    assert len(pd.read_csv(tmp_path / "out" / "measures.csv", keep_default_na=False)) == 12
    shown = call("audit", manifest)
    assert shown.exit_code == 0 and own.sentences[0] in " ".join(shown.output.split("\n")) and "phone" in shown.output
    assert "Synthetic voices (Toy)" in shown.output


def test_the_counterfactual_is_written_and_explained(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "one.toml"
    found = parsed("audit", manifest, "--by", "accent", "--counterfactual", out, "--engine", "pocketsphinx")
    study = wb.Study.from_toml(out)
    assert study.manifests[0].resolve() == manifest.resolve() and study.attributes == ("accent",)
    assert [one.condition_id for one in study.conditions] == found["conditions"] and "cannot give back" in found[
        "explained"
    ][1]
    again = tmp_path / "again.toml"
    assert call("audit", out, "--counterfactual", again).exit_code == 0
    assert wb.Study.from_toml(again).manifests[0].resolve() == manifest.resolve()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--by", "acent"), "did you mean 'accent'"),
        (("--reference-group", "nobody"), "no group 'nobody'"),
        (("--out", "x.txt"), "end it in .csv or .parquet"),
        (("--counterfactual", "x.csv"), "ends in .toml"),
    ],
)
def test_what_cannot_be_done_says_so(manifest: Path, options: tuple[str, ...], said: str) -> None:
    refused = call("audit", manifest, *options)
    assert refused.exit_code == 2 and said in " ".join(refused.stderr.split())


def test_the_counterfactual_never_overwrites_the_description(manifest: Path) -> None:
    before = manifest.with_suffix(".toml").read_text()
    assert call("audit", manifest, "--counterfactual", manifest.with_suffix(".toml")).exit_code == 2
    assert manifest.with_suffix(".toml").read_text() == before


def test_the_love_plot_marks_what_is_apart_and_says_it() -> None:
    values = {"a": speakers(-60.0, 12, 1), "b": speakers(-50.0, 12, 2), "c": [[-30.0], [-31.0]]}
    frame = utterances(values).assign(words=[float(n % 7) for n in range(50)])
    found = wb.audit_differences(frame, "accent")
    picture = wb.audit_plot(found, caveat="Synthetic voices.")
    svg, screen = picture.svg(), picture.screen()
    assert picture.svg() == svg and "Synthetic voices." in svg and "Synthetic voices." in picture.alt
    for sentence in wb.audit_sentences(found):
        assert sentence in picture.alt
    assert ">Noise floor<" in svg and ">Speech level<" not in svg  # the same for everybody: no row
    assert "Too few speakers for a panel: c." in svg.replace("\n", " ")
    points = [trace for trace in screen.data if trace.mode == "markers+text"]
    assert len(points) == 2
    row = found[(found["group"] == "a") & (found["measure"] == "source_floor_db")].iloc[0]
    assert row["verdict"] == "DIFFERENT"
    assert (
        points[0].x[0] == pytest.approx(100 * row["smd"], abs=0.01)
        or abs(points[0].x[0]) == screen.layout.xaxis.range[1]
    )
    assert points[0].marker.symbol[0] == "diamond" and points[0].marker.color[0] != points[0].marker.color[1]
    assert any(shape.x0 == -25 and shape.x1 == 25 for shape in screen.layout.shapes)


def test_groups_of_one_speaker_cannot_be_drawn() -> None:
    with pytest.raises(ScoringError, match="single speaker"):
        wb.audit_plot(wb.audit_differences(utterances({"a": [[-60.0]], "b": [[-50.0]]}), "accent"))


def test_sides_without_overlap_stand_at_the_edge() -> None:
    frame = utterances({"a": [[-60.0]] * 5, "b": [[-50.0]] * 5})
    picture = wb.audit_plot(wb.audit_differences(frame, "accent"))
    trace = next(trace for trace in picture.screen().data if trace.mode == "markers+text")
    assert trace.x[0] == picture.screen().layout.xaxis.range[0] and "no overlap" in trace.text[0]
