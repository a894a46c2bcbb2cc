"""The table of the board in the browser: cells that can be clicked, names of groups that stay while the rest scrolls."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from workbench.figures.board_table import BoardTable
from workbench.pages.shared import address

CSS = """
:host { display: block; color: var(--st-text-color); font-family: var(--st-font); }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: separate; border-spacing: 3px; width: 100%; font-size: 14px; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
thead th { font-size: 12px; font-weight: 600; vertical-align: bottom; padding: 2px 4px; min-width: 84px; line-height: 1.25; }
.name { position: sticky; left: 0; z-index: 1; background: var(--st-background-color); text-align: left; font-weight: 600; padding: 2px 10px 2px 0;
  min-width: 96px; max-width: 190px; line-height: 1.2; overflow-wrap: anywhere; }
.name small { display: block; font-size: 12px; font-weight: 400; opacity: .8; }
td { padding: 0; }
button { width: 100%; min-height: 42px; border: 0; border-radius: 4px; font: inherit; color: inherit; cursor: pointer; background: transparent; padding: 3px 2px;
  line-height: 1.2; }
button:hover, button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button b { font-size: 15px; }
button small { display: block; font-size: 11.5px; }
.bare { box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--st-text-color) 18%, transparent); }
.key { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 13px; margin: 6px 0 0; padding: 0; list-style: none; }
.key i { display: inline-block; width: 14px; height: 11px; border-radius: 2px; margin-right: 5px; font-style: normal; }
.tip { position: fixed; z-index: 9; max-width: 320px; padding: 6px 10px; border-radius: 6px; font-size: 13px; line-height: 1.35; pointer-events: none;
  background: var(--st-secondary-background-color); color: var(--st-text-color); border: 1px solid color-mix(in srgb, var(--st-text-color) 30%, transparent); }
.tip[hidden] { display: none; }
"""
JS = """
const stripes = "repeating-linear-gradient(45deg, rgba(255,255,255,.35) 0 3px, transparent 3px 9px)";
function paint(element, cell) {
  if (cell.fill === "solid") element.style.background = cell.colour;
  if (cell.fill === "pale") element.style.background = `color-mix(in srgb, ${cell.colour || "#888"} 40%, var(--st-background-color))`;
  if (cell.fill === "hatched") element.style.background = `${stripes}, ${cell.colour || "#9E9E9E"}`;
  if (cell.fill === "bare") element.classList.add("bare");
  if (cell.ink && cell.fill !== "pale") element.style.color = cell.ink;
}
function add(parent, tag, text, name) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (name) element.className = name;
  parent.append(element);
  return element;
}
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".board");
  root.replaceChildren();
  const scroll = add(root, "div", "", "scroll");
  const table = add(scroll, "table");
  add(table, "caption", data.caption);
  const head = add(add(table, "thead"), "tr");
  add(head, "th", data.corner, "name").scope = "col";
  for (const column of data.columns) add(head, "th", column).scope = "col";
  const tip = add(root, "div", "", "tip");
  tip.hidden = true;
  const body = add(table, "tbody");
  data.rows.forEach(([label, below], at) => {
    const row = add(body, "tr");
    const name = add(row, "th", label, "name");
    name.scope = "row";
    add(name, "small", below);
    for (const cell of data.cells[at]) {
      const button = add(add(row, "td"), "button");
      button.type = "button";
      button.setAttribute("aria-label", cell.hover);
      paint(button, cell);
      add(button, "b", (cell.sign ? cell.sign + " " : "") + cell.value);
      add(button, "small", cell.below);
      const show = () => {
        tip.textContent = cell.hover;
        tip.hidden = false;
        const box = button.getBoundingClientRect();
        tip.style.left = Math.max(8, Math.min(box.left, innerWidth - 336)) + "px";
        tip.style.top = (box.bottom + 90 > innerHeight ? box.top - tip.offsetHeight - 6 : box.bottom + 6) + "px";
      };
      button.onmouseenter = button.onfocus = show;
      button.onmouseleave = button.onblur = () => { tip.hidden = true; };
      button.onclick = () => setTriggerValue("cell", [cell.group, cell.condition_id]);
    }
  });
  const key = add(root, "ul", "", "key");
  for (const [glyph, colour, fill, words] of data.key) {
    const item = add(key, "li");
    const mark = add(item, glyph ? "span" : "i", glyph ? glyph + " " : "");
    if (glyph && colour) mark.style.color = colour;
    if (!glyph) paint(mark, { fill, colour: fill === "pale" ? "#b73779" : "" });
    item.append(words);
  }
}
"""
_board = st.components.v2.component("workbench_board", html='<div class="board"></div>', css=CSS, js=JS)


def show(table: BoardTable, attribute: str, *, key: str) -> None:
    """Show the board; a click on a cell opens its utterances."""

    def opened() -> None:
        if cell := st.session_state[key].get("cell"):
            address.go_to(attribute, str(cell[0]), str(cell[1]))

    _board(key=key, data=asdict(table), on_cell_change=opened)
