"""Tables of adjustment and of words that fail, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from workbench.cli.console import table
from workbench.cli.tables import Rows, interval, points


def _number(value: float | None, form: str = ".2f") -> str:
    return "-" if value is None else f"{value:{form}}"


def _between(low: float | None, high: float | None, form: str = ".2f") -> str:
    return "-" if low is None or high is None else f"{low:{form}} to {high:{form}}"


def print_adjusted(rows: Rows) -> None:
    """Print ADJUSTED_GAPS rows, one table per system and condition; reasons and caveats in the last column."""
    headings = {"group": "group", "method": "method", "gap": "gap", "interval": "95 % interval", "ratio": "ratio"}
    headings |= {"ratio_interval": "95 % interval ", "e": "E-value", "of": "words %", "said": "what to know"}
    for (system, condition), group in groupby(rows, key=lambda row: (row["system"], row["condition_id"])):
        shown = [
            {
                **row,
                "gap": points(row["difference"]),
                "interval": interval(row),
                "ratio": _number(row["ratio"]),
                "ratio_interval": _between(row["ratio_low"], row["ratio_high"]),
                "e": _number(row["e_value_limit"]),
                "of": "-" if row["coverage"] is None else f"{100 * row['coverage']:.0f}",
                "said": "; ".join(filter(None, [row["caveat"], row["reason"]])),
            }
            for row in group
        ]
        table(shown, headings, title=f"Gaps raw and adjusted (percentage points), {condition}, {system}")


def print_split(rows: Rows) -> None:
    """Print KITAGAWA rows."""
    headings = {"group": "group", "gap": "gap", "mix": "mix", "within": "within", "unmatched": "unmatched"}
    headings |= {"reason": "what to know"}
    for (system, condition, strata), group in groupby(
        rows, key=lambda row: (row["system"], row["condition_id"], row["strata"])
    ):
        parts = ("gap", "mix", "within", "unmatched")
        shown = [{**row, **{name: points(row[name]) for name in parts}} for row in group]
        title = f"Where the gap lies (percentage points): mix of {strata}, or within the same, {condition}, {system}"
        table(shown, headings, title=title)


def print_balance(rows: Rows) -> None:
    """Print BALANCE rows."""
    headings = {"group": "group", "covariate": "covariate", "before": "before", "after": "after matching"}
    headings |= {"n_pairs": "pairs", "reason": "what to know"}
    for (system, condition), group in groupby(rows, key=lambda row: (row["system"], row["condition_id"])):
        shown = [
            {**row, "before": _number(row["smd_before"], "+.2f"), "after": _number(row["smd_after"], "+.2f")}
            for row in group
        ]
        table(shown, headings, title=f"Standardised mean differences, {condition}, {system}")


def print_words(rows: Rows, top: int, title: str) -> None:
    """Print the first ``top`` rows of each group of WORD_ERRORS or CONFUSIONS."""
    headings = {"word": "word", "written": "written", "ours": "failed", "theirs": "failed, others"}
    headings |= {"log_odds": "log-odds", "interval": "95 % interval", "p_adjusted": "p (BH)"}
    pairs = any("written" in row for row in rows)
    if not pairs:
        headings.pop("written")
    keys: Sequence[str] = ("system", "condition_id", "group", "reference_group")
    for key, group in groupby(rows, key=lambda row: tuple(row[name] for name in keys)):
        shown = [
            {
                **row,
                "written": row.get("written") or "(nothing)",
                "ours": f"{row['errors']} of {row['occurrences']}",
                "theirs": f"{row['errors_reference']} of {row['occurrences_reference']}",
                "log_odds": _number(row["log_odds"], "+.2f"),
                "interval": _between(row["ci_low"], row["ci_high"], "+.2f"),
            }
            for row in group
        ]
        table(shown[:top], headings, title=f"{title}: {key[2]} against {key[3]}, {key[1]}, {key[0]}")
