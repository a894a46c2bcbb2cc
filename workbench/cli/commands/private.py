"""Private: release figures under differential privacy; sums of a site, and several sites pooled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json, RunId, StoreUrl

if TYPE_CHECKING:
    from workbench.fairness.noisy_sites import NoisySite
    from workbench.fairness.pooled_sites import SiteSums

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
    epsilon: Annotated[
        float | None,
        typer.Option(
            "--noise-epsilon",
            min=0.001,
            max=99.0,
            help="Add noise here: what this file may cost a speaker, over all models and conditions.",
        ),
    ] = None,
    words_cap: Annotated[int, typer.Option(min=1, help="With noise: words that one speaker can count for.")] = 300,
    errors_cap: Annotated[int, typer.Option(min=1, help="With noise: errors that one speaker can count for.")] = 100,
    group: Annotated[
        list[str] | None, typer.Option(help="With noise: the public list of groups, the same at every site.")
    ] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Write the sums of a run, by group: all that an audit over several sites needs, and nothing of single people."""
    from workbench.fairness import noisy_sites, pooled_sites
    from workbench.fairness.private_rates import Caps
    from workbench.results import load
    from workbench.store import open_store, privacy_budget

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
        if epsilon is not None:
            database = open_store(store)  # paid for before the noise is drawn
            privacy_budget.spend(database, results.run.run_id, [info.corpus_id for info in results.corpora], epsilon)
            database.close()
            noisy, cost = noisy_sites.noisy_site(
                results.scores, by, normaliser_id=results.normaliser_id, protocol=protocol, epsilon=epsilon,
                caps=Caps(words_cap, errors_cap), groups=group or (),
            )  # fmt: skip
            _write_sums(out, noisy)
            summary = {
                "file": str(out),
                "cells": len(noisy.cells),
                "epsilon": epsilon,
                "map_of_one_speaker": cost,
                "protocol": protocol,
            }
            if as_json:
                emit(summary)
            else:
                text = f"{len(noisy.cells)} cells with noise in {out}; cost of one speaker: {cost:.6g} of {epsilon:g}"
                OUT.print(text, highlight=False, markup=False)
            return
        site = pooled_sites.site_sums(
            results.scores, by, normaliser_id=results.normaliser_id, protocol=protocol, least_speakers=least
        )
        _write_sums(out, site)
    result = {"file": str(out), "cells": len(site.cells), "withheld": site.withheld, "protocol": protocol}
    if as_json:
        emit(result)
    else:
        OUT.print(
            f"{len(site.cells)} cells in {out}; {site.withheld} of fewer than {least} speakers stay here",
            highlight=False,
            markup=False,
        )


def _write_sums(out: Path, site: SiteSums | NoisySite) -> None:
    from workbench.errors import ScoringError
    from workbench.fairness import pooled_sites

    try:
        out.write_text(pooled_sites.written(site), encoding="utf-8")
    except OSError as error:
        raise ScoringError(
            f"cannot be written ({error.strerror})", place=str(out), remedy="name another place"
        ) from None


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
    from workbench.fairness import noisy_sites, pooled_sites

    with mendable():
        noisy = noisy_sites.named_noisy_sites(sites)
        if noisy:
            rows = records(noisy_sites.pooled_noisy(noisy))
            if as_json:
                emit({"rates": rows})
            else:
                names = (
                    "model_id",
                    "condition_id",
                    "group",
                    "n_sites",
                    "speakers",
                    "rate",
                    "ci_low",
                    "ci_high",
                    "reason",
                )
                table(rows, {name: name for name in names})
            return
        rates, gaps = pooled_sites.pooled(pooled_sites.named_sites(sites), margin=margin)
    if as_json:
        emit({"rates": records(rates), "gaps": records(gaps), "verdicts": pooled_sites.FROM_T})
        return
    shown = ["condition_id", "group", "n_speakers", "rate", "ci_low", "ci_high"]
    table(records(rates[["model_id", *shown]]), {name: name for name in ("model_id", *shown)})
    shown = ["condition_id", "group", "difference", "ci_low", "ci_high", "verdict"]
    table(records(gaps[["model_id", *shown]]), {name: name for name in ("model_id", *shown)})
    OUT.print(f"verdicts are {pooled_sites.FROM_T}", highlight=False)
