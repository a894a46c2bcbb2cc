"""Private: release figures under differential privacy; sums of a site, and several sites pooled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json, RunId, StoreUrl

app = typer.Typer()

RATES_SHOWN = {
    "group": "group", "speakers": "speakers", "rate": "rate", "ci_low": "from", "ci_high": "to", "difference": "to the rest",
    "difference_low": "from ", "difference_high": "to ", "reason": "why not",
}  # fmt: skip


@app.command()
def release(
    run: RunId,
    *,
    by: Annotated[str, typer.Option(help="The attribute whose groups are released.")],
    epsilon: Annotated[float, typer.Option(help="What one speaker may be told by: smaller is more private.")] = 1.0,
    minimum_speakers: Annotated[
        int, typer.Option(help="Groups of fewer speakers (counted with noise) get no rate.")
    ] = 100,
    condition: Annotated[str, typer.Option(help="One condition.")] = "clean",
    model: Annotated[str, typer.Option(help="One model, where the run has several.")] = "",
    words_cap: Annotated[
        int, typer.Option(help="Words that one speaker counts for at the most; a public number.")
    ] = 300,
    errors_cap: Annotated[
        int, typer.Option(help="Errors that one speaker counts for at the most; a public number.")
    ] = 100,
    group: Annotated[
        list[str] | None, typer.Option(help="The public list of groups; default: those of the corpus.")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="At a corpus' first release: what all may cost; else 4.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Spend it; without this, it is only said how wide intervals would be.")
    ] = False,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Release rates by group under differential privacy; say first how wide the intervals will be, refuse what would say nothing."""
    from workbench.fairness.private_rates import Caps
    from workbench.results import load, private_release
    from workbench.store import open_store, privacy_budget

    with mendable():
        database = open_store(store)
        results = load(run, store=database)
        plan = private_release.plan_release(
            results, by=by, epsilon=epsilon, minimum_speakers=minimum_speakers, condition_id=condition, model_id=model,
            caps=Caps(words_cap, errors_cap), groups=group or (),
        )  # fmt: skip
        before = {info.corpus_id: privacy_budget.spent(database, info.corpus_id)[0] for info in results.corpora}
        if not as_json:
            OUT.print(plan.sentence, highlight=False, markup=False)
            if plan.groups_of_corpus:
                OUT.print(plan.group_names, highlight=False, markup=False)
        content = private_release.release(results, plan, store=database, budget=budget) if yes else None
        database.close()
    if as_json:
        emit(
            content
            or {
                "half_width": plan.half_width,
                "groups": list(plan.groups),
                "group_names": plan.group_names,
                "spent_before": before,
            }
        )
    elif content is None:
        OUT.print(f"nothing was spent (so far: {before}); add --yes to release it", highlight=False, markup=False)
    else:
        table(content["rates"], RATES_SHOWN)
        OUT.print(f"cost of one speaker: {content['map_of_one_speaker']:.6g} of {epsilon:g}", highlight=False)


@app.command()
def sums(
    run: RunId,
    *,
    by: Annotated[str, typer.Option(help="The attribute whose groups are added up.")],
    out: Annotated[Path, typer.Option(metavar="FILE.json", help="The file that may leave this site.")],
    least: Annotated[int, typer.Option(help="Cells of fewer speakers stay here.")] = 5,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Write the sums of a run, by group: all that an audit over several sites needs, and nothing of single people."""
    from workbench.errors import ScoringError
    from workbench.fairness import pooled_sites
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        database = open_store(store)
        results = load(run, store=database)
        database.close()
        study = results.study
        measured = {
            "conditions": [item.condition_id for item in study.conditions], "models": [(m.model_id, m.digest) for m in results.models],
            "seed": study.seed, "pairing": study.pairing, "normaliser": results.normaliser_id, "attribute": by,
        }  # fmt: skip
        protocol = hashlib.sha256(json.dumps(measured, sort_keys=True).encode()).hexdigest()
        site = pooled_sites.site_sums(
            results.scores, by, normaliser_id=results.normaliser_id, protocol=protocol, least_speakers=least
        )
        try:
            out.write_text(pooled_sites.written(site), encoding="utf-8")
        except OSError as error:
            raise ScoringError(
                f"cannot be written ({error.strerror})", place=str(out), remedy="name another place"
            ) from None
    result = {"file": str(out), "cells": len(site.cells), "withheld": site.withheld, "protocol": protocol}
    if as_json:
        emit(result)
    else:
        OUT.print(
            f"{len(site.cells)} cells in {out}; {site.withheld} of fewer than {least} speakers stay here",
            highlight=False,
            markup=False,
        )


@app.command()
def pool(
    sites: Annotated[list[Path], typer.Argument(metavar="SITE.json...")],
    *,
    margin: Annotated[
        float | None, typer.Option(help="Smaller differences count as equal, as 0.02; fixed before looking.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Pool the sums of several sites: the rates, gaps and intervals of all their speakers together."""
    from workbench.fairness import pooled_sites

    with mendable():
        rates, gaps = pooled_sites.pooled(pooled_sites.named_sites(sites), margin=margin)
    if as_json:
        emit({"rates": records(rates), "gaps": records(gaps), "verdicts": pooled_sites.FROM_T})
        return
    shown = ["condition_id", "group", "n_speakers", "rate", "ci_low", "ci_high"]
    table(records(rates[["model_id", *shown]]), {name: name for name in ("model_id", *shown)})
    shown = ["condition_id", "group", "difference", "ci_low", "ci_high", "verdict"]
    table(records(gaps[["model_id", *shown]]), {name: name for name in ("model_id", *shown)})
    OUT.print(f"verdicts are {pooled_sites.FROM_T}", highlight=False)
