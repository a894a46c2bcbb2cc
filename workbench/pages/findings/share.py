"""A button that copies the address of what is shown: the whole view, each choice in it."""

from __future__ import annotations

import streamlit as st

from workbench.pages.shared import address

CSS = """
button { font-family: var(--st-font); font-size: 14px; color: var(--st-text-color); background: transparent; padding: 0 .55rem; height: 2.4rem; cursor: pointer;
  border: 1px solid color-mix(in srgb, var(--st-text-color) 22%, transparent); border-radius: var(--st-button-radius, .4rem); white-space: nowrap; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
"""
JS = """
export default function (component) {
  const { data, parentElement } = component;
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    const link = location.origin + location.pathname + data.link;
    let copied = true;
    try { await navigator.clipboard.writeText(link); }
    catch (refused) {  // without a secure context there is no clipboard
      const text = document.createElement("textarea");
      text.value = link;
      document.body.append(text);
      text.select();
      copied = document.execCommand("copy");
      text.remove();
    }
    button.textContent = copied ? "Copied" : link;
    setTimeout(() => { button.textContent = "Share"; }, 2500);
  };
}
"""
_share = st.components.v2.component(
    "workbench_share",
    html='<button type="button" title="Copy the address of this view" aria-live="polite">Share</button>',
    css=CSS,
    js=JS,
)


def address_button() -> None:
    """Offer to copy the address of the view: to be called when every choice of the page has been drawn."""
    _share(key="share", data={"link": address.link()}, width="content")
