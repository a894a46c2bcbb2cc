"""A card before it is sent: the verdicts on its claims, its pages one by one, and its limits."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from workbench.cards import Card
from workbench.figures import condition_label
from workbench.pages.shared import layout


def preview(card: Card, pages: list[bytes]) -> None:
    """Show the verdicts on the claims, the pages one by one, and the limits."""
    if card.caveat:
        st.warning(card.caveat, icon=":material/smart_toy:")
    st.subheader("Claims", anchor=False)
    told = Counter(row.verdict for row in card.claims)
    st.markdown(", ".join(f"{n} {verdict}" for verdict, n in told.items()) or "No claim was made.")
    columns = {
        "claim": "Claim",
        "model_id": "Engine",
        "condition_id": "Condition",
        "verdict": "Verdict",
        "group": "Deciding group",
        "reason": "Reason",
    }
    rows = pd.DataFrame([row.model_dump() for row in card.claims], columns=list(columns)).rename(columns=columns)
    rows = rows.assign(Condition=rows["Condition"].map(condition_label))
    one_engine, nobody = rows["Engine"].nunique() < 2, rows["Deciding group"].eq("").all()
    rows = rows.drop(columns=["Engine"] * one_engine + ["Deciding group"] * bool(nobody))
    wide = {"Reason": st.column_config.TextColumn("Reason", width="large")}
    st.dataframe(rows, hide_index=True, key="card_claim_rows", column_config=wide)
    st.subheader("Pages", anchor=False)
    place = st.number_input(f"Page, of {len(pages)}", 1, len(pages), 1, key="card_page", width=140)
    with st.container(border=True, width=760):
        st.image(
            pages[place - 1], width="stretch",
            alt=f"Page {place} of the PDF; its text is in the web page and the JSON above.",
        )  # fmt: skip
    st.subheader("Limits", anchor=False)
    st.markdown("\n".join(f"- {layout.plain(limit)}" for limit in card.limits), width=layout.TEXT_WIDTH)
