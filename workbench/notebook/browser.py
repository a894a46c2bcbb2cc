"""Browser of a run in a notebook: choose attribute, recogniser and cell; read its utterances and hear them."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from typing import Any

from workbench.audio import Waveform
from workbench.errors import ScoringError, WorkbenchError
from workbench.extras import load_package
from workbench.fairness import rates
from workbench.figures import rate_heatmap
from workbench.results import Results, heard
from workbench.store import Store
from workbench.text import align

SHOWN_UTTERANCES = 20
"""Of a cell, those with the most errors; a longer list is not read."""


def browse(results: Results, *, store: Store | None = None) -> Any:
    """Return a widget: the board of a run, and of one of its cells the utterances, word by word, with their sounds.

    Every choice is a list, so that it works with a keyboard; the board is the printed figure, with its numbers in words below
    it. The utterances of a cell stand in the order of their errors, at most 20 of them.

    Parameters
    ----------
    results : a run, loaded
    store : where the run is; default: the usual store

    Raises
    ------
    ScoringError : the run has no attribute
    MissingPackageError : ipywidgets is not installed; with the extra that brings it
    """
    if not results.attributes:
        raise ScoringError("no attribute to show", remedy="name one in the study: attributes = [...]")
    return _Browser(results, store).widget


class _Browser:
    """The widgets of one browser and what each choice changes: attribute and model -> board and groups -> cell -> utterance."""

    def __init__(self, results: Results, store: Store | None) -> None:
        self._results, self._store = results, store
        self._rows: list[dict[Any, Any]] = []
        widgets = load_package("ipywidgets")
        wide = {"style": {"description_width": "7em"}, "layout": widgets.Layout(width="46em")}
        self._attribute = widgets.Dropdown(options=results.attributes, description="Groups by", **wide)
        models = [model.model_id for model in results.models]
        self._model = widgets.Dropdown(options=models, description="Recogniser", **wide)
        self._group = widgets.Dropdown(description="Group", **wide)
        self._condition = widgets.Dropdown(options=results.conditions, description="Condition", **wide)
        self._utterance = widgets.Dropdown(description="Utterance", **wide)
        self._board, self._words = widgets.HTML(), widgets.HTML()
        self._clean, self._heard = (widgets.Audio(autoplay=False, loop=False) for _ in range(2))
        self._sounds = widgets.HBox(
            [
                widgets.VBox([widgets.Label("As recorded"), self._clean]),
                widgets.VBox([widgets.Label("As the recogniser heard it"), self._heard]),
            ]
        )
        for choice in (self._attribute, self._model):
            choice.observe(self._draw_board, names="value")
        for choice in (self._group, self._condition):
            choice.observe(self._list_utterances, names="value")
        self._utterance.observe(self._show_utterance, names="value")
        self._draw_board()
        self.widget = widgets.VBox(
            [
                self._attribute,
                self._model,
                self._board,
                self._group,
                self._condition,
                self._utterance,
                self._words,
                self._sounds,
            ]
        )

    def _draw_board(self, _change: object = None) -> None:
        attribute, model = self._attribute.value, self._model.value
        order = {name: place for place, name in enumerate(self._results.conditions)}
        table = rates(self._results.rows(model_id=model), [attribute])
        table = table.sort_values("condition_id", key=lambda ids: ids.map(order), kind="stable")
        picture = rate_heatmap(table, attribute, model_id=model, caveat=self._results.caveat)
        alternative = html.escape(picture.alt)
        self._board.value = f"{picture.svg()}<details><summary>In words</summary><p>{alternative}</p></details>"
        _offer(self._group, sorted(self._results.levels(attribute)))
        self._list_utterances()

    def _list_utterances(self, _change: object = None) -> None:
        _offer(self._utterance, list(self._choices()))
        self._show_utterance()

    def _choices(self) -> Iterator[tuple[str, int]]:
        """Yield what the list of utterances says and the place of each row, most errors first."""
        cell = {"model_id": self._model.value, "condition_id": self._condition.value}
        rows = self._results.rows(**cell, **{self._attribute.value: self._group.value})
        rows = rows.sort_values(["errors", "utterance_id"], ascending=[False, True]).head(SHOWN_UTTERANCES)
        self._rows = rows.to_dict("records")
        for place, row in enumerate(self._rows):
            count = "failed" if row["status"] != "ok" else f"{row['errors']} errors in {row['ref_words']} words"
            yield f"{row['utterance_id']}: {count}", place

    def _show_utterance(self, _change: object = None) -> None:
        self._clean.value = self._heard.value = b""
        if self._utterance.value is None:
            self._words.value = "<p>No utterance in this cell.</p>"
            return
        row = self._rows[self._utterance.value]
        if row["status"] != "ok":
            self._words.value = "<p>The recogniser failed on this utterance.</p>"
            return
        self._words.value = align(row["reference"], row["hypothesis"])._repr_html_()
        try:
            clean, degraded = heard(self._results, row["utterance_id"], row["condition_id"], store=self._store)
        except WorkbenchError as error:  # the words stay when the recording is gone
            self._words.value += f"<p>No sound: {html.escape(str(error))}</p>"
            return
        self._clean.value, self._heard.value = _wav(clean), _wav(degraded.wave)


def _offer(choice: Any, options: list[Any]) -> None:
    """Put other options into a list and choose the first: a list that was empty would stay without a choice."""
    choice.options = options
    if options and choice.index is None:
        choice.index = 0


def _wav(wave: Waveform) -> bytes:
    """Return a sound as a 16-bit WAV file, which every browser plays."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave.samples, wave.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
