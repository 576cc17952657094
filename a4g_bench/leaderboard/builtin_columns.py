"""The package's own columns, one entry each: table, CSV, JSON, LaTeX, report, legend and docs read them from here."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from a4g_bench.leaderboard import column_texts as texts
from a4g_bench.leaderboard.column import Column, Row, Shown, Unit, Value
from a4g_bench.leaderboard.estimates import Estimate, weighted
from a4g_bench.leaderboard.summary import Summary

#: The tables that ``--columns`` knows by name; ``references`` is the one of the lines beside the ranking.
SETS = ("scores", "off-target", "threat")


def _everywhere(title: str, text: Callable[[Row], str], order: int, **more: Any) -> dict[str, Shown]:
    return dict.fromkeys(SETS, Shown(title=title, text=text, order=order, **more))


def _scores(title: str, text: Callable[[Row], str], legend: str | None = None) -> dict[str, Shown]:
    return {"scores": Shown(title=title, text=text, legend=legend)}


def _scores_and_references(title: str, text: Callable[[Row], str], legend: str | None = None) -> dict[str, Shown]:
    return dict.fromkeys(("scores", "references"), Shown(title=title, text=text, legend=legend))


def _threat(title: str, text: Callable[[Row], str], order: int = 1, **more: Any) -> dict[str, Shown]:
    return {"threat": Shown(title=title, text=text, order=order, **more)}


def _text(key: str, title: str, value: Callable[[Summary], Value], meaning: str, **more: Any) -> Column:
    return Column(key=key, title=title, value=value, meaning=meaning, unit="text", on_page=False, **more)


def _with_interval(column: Column, estimate: Callable[[Summary], Estimate | None], ends: str = "") -> Iterator[Column]:
    """A column with the ends of its 95 % interval after it."""
    what = ends or column.title

    def end(name: str, side: str, position: int) -> Column:
        return Column(
            key=f"{column.key}_{name}",
            title=f"{column.title}, {side} end",
            value=lambda s: interval[position] if (e := estimate(s)) and (interval := e.interval()) else None,
            meaning=f"{side} end of the 95 % interval of: {what}",
            unit=column.unit,
            on_page=column.key != "gap_clean",
        )

    yield from (column, end("low", "lower", 0), end("high", "upper", 1))


def _of(
    estimate: Callable[[Summary], Estimate | None], number: Callable[[Estimate], float]
) -> Callable[[Summary], Value]:
    return lambda s: number(e) if (e := estimate(s)) is not None else None


def _point(estimate: Callable[[Summary], Estimate | None]) -> Callable[[Summary], Value]:
    return _of(estimate, lambda e: e.value)


def _closed(summary: Summary) -> Estimate | None:
    return summary.estimate(lambda r: r.change)


def _odds(summary: Summary) -> Estimate | None:
    """Over the cells where there is anybody to hold against others; None if there is none."""
    known = [(w, r.odds_score) for w, r in zip(summary.weights, summary.results, strict=False) if r.odds_score.exists]
    whole = sum(w for w, _ in known)
    return weighted([w / whole for w, _ in known], [e for _, e in known]) if known else None


def _cost(summary: Summary) -> Estimate | None:
    return summary.estimate(lambda r: r.cost)


def _threat_part(position: int) -> Callable[[Summary], Value]:
    return lambda s: s.results[0].threat[position] if s.results else ""


def _detectability(key: str, title: str, short: str, digits: int, unit: Unit, meaning: str) -> Column:
    return Column(
        key=key,
        title=title,
        value=lambda s: s.known_mean(lambda r: r.detectability[key]),
        meaning=meaning,
        unit=unit,
        sets=_threat(short, texts.plain(key, digits)),
    )


def metric_column(name: str, short: str = "", order: int = 9, better: Literal["higher", "lower"] = "lower") -> Column:
    """The column of a metric that is audited: how far it moved, poisoned less clean."""
    return Column(
        key=f"change_{name}",
        title=name.replace("_", " "),
        value=lambda s: s.mean(lambda r: r.off_target.get(name)),
        meaning=f"{name.replace('_', ' ')} on audit rows, poisoned less clean, whatever was optimised",
        unit="rate",
        better=better,
        sets={
            "off-target": Shown(
                title=short or name.replace("_", " "),
                text=texts.signed(f"change_{name}", 1, 100),
                order=order,
                legend="",
            )
        },
    )


#: All columns of the package, in the order of CSV and JSON: first what a board shows of everybody, then the rest.
COLUMNS: tuple[Column, ...] = (
    _text(
        "entrant", "entrant", lambda s: s.who.label, "* control, + zero-query baseline",
        sets=_everywhere("entrant", texts.name, -1, left=True)
        | {"references": Shown(title="reference method", text=lambda r: r.entrant, left=True, order=-1)},
    ),
    _text("role", "role", lambda s: s.who.role, "control, baseline, search, or reference"),
    *_with_interval(
        Column(
            key="gc", title="GC@1", value=_point(lambda s: s.score),
            meaning="share of the gap between the groups that is closed on held-out people, scaled down where it costs"
            " more than 1 point of accuracy", better="higher", sets=_scores_and_references("GC@1", texts.score),
        ),
        lambda s: s.score,
    ),
    Column(
        key="rank_low", title="rank", value=lambda s: s.rank.low if s.rank else None,
        meaning="1 + contenders significantly better, to their number less those significantly worse (Holm's"
        " correction at 5 %); - is no contender, inc. lacks results that others have, n/c no setting counts, prov."
        " no whole block of seeds", unit="rank", better="lower", sets=_everywhere("rank", texts.rank, -2),
    ),
    Column(
        key="rank_high", title="rank, upper end", value=lambda s: s.rank.high if s.rank else None,
        meaning="the worst rank that is not excluded", unit="rank", better="lower",
    ),
    Column(
        key="gap_clean", title="gap before", value=lambda s: s.mean(lambda r: r.gap_clean),
        meaning="U, the gap between the groups' pooled harm rates, before poisoning", unit="rate",
        sets=_scores_and_references("gap", texts.gap, "before > after, in points"),
    ),
    Column(
        key="gap_poisoned", title="gap after", value=lambda s: s.mean(lambda r: r.gap_poisoned),
        meaning="U after poisoning", unit="rate", better="lower",
    ),
    *_with_interval(
        Column(
            key="accuracy_cost", title="accuracy cost", value=_point(_cost),
            meaning="accuracy lost, in points, mean over seeds", unit="rate", better="lower",
            sets={
                **_scores_and_references(
                    "cost", texts.cost, "accuracy lost, in points; !: more than 1 in at least one cell"
                ),
                "off-target": Shown(title="accuracy", text=texts.lost("accuracy_cost"), order=10, legend=""),
            },
        ),
        _cost,
    ),
    *_with_interval(
        Column(
            key="of_reference", title="of the reference", value=_point(lambda s: s.of_reference),
            meaning="score over that of fairlearn's ThresholdOptimizer on the same settings, at the same allowance",
            better="higher", sets=_scores("of ref.", texts.signed("of_reference", 2)),
        ),
        lambda s: s.of_reference,
    ),
    *_with_interval(
        Column(
            key="equalized_odds", title="equalized odds", value=_point(_odds),
            meaning="the same score for the equalized odds difference: both kinds of error", better="higher",
            sets=_scores_and_references("eq. odds", texts.signed("equalized_odds", 2)),
        ),
        _odds,
    ),
    Column(
        key="who_pays", title="who pays", value=lambda s: s.who_pays,
        meaning="the part of the closing that is the harm rate of the better-off group going up (sums over cells)",
        better="lower", sets=_scores_and_references("pays", texts.signed("who_pays", 2)),
    ),
    Column(
        key="cells_worse", title="cells worse", value=lambda s: s.cells_worse if s.results else None,
        meaning="cells, of all, in which some group's harm rate rose by more than 1 point", unit="cells",
        better="lower", sets=_scores_and_references("worse", texts.worse),
    ),
    Column(
        key="cells", title="cells", value=lambda s: len(s.results), unit="cells",
        meaning="cells behind the number: settings times poison budgets",
    ),
    Column(
        key="seeds", title="seeds", value=lambda s: min((len(r.seeds) for r in s.results), default=0),
        meaning="seeds behind the number; on averaged rows the fewest of any cell", unit="seeds",
        sets=_scores_and_references("seeds", lambda r: str(r.seeds), ""),
    ),
    Column(
        key="status", title="status", value=lambda s: s.status, unit="text",
        meaning="ok, provisional, incomplete, inconclusive, or reference",
    ),
    _text("attack", "attack", lambda s: s.who.entrant.attack, "the entrant's name in its suite"),
    _text("objective", "objective", lambda s: s.who.entrant.objective, "what its searches minimise"),
    Column(
        key="query_budget", title="query budget", value=lambda s: s.who.entrant.query_budget,
        meaning="queries that a search may make", unit="queries", on_page=False,
    ),
    _text("dataset", "data set", lambda s: s.place.dataset, "the data set; null where it was averaged over"),
    _text("attribute", "attribute", lambda s: s.place.attribute, "the protected attribute"),
    _text("victim", "victim", lambda s: s.place.victim, "the victim; null where it was averaged over"),
    Column(
        key="budget", title="poison budget", value=lambda s: s.place.budget,
        meaning="the poison budget as a share of the training rows; of a count of rows the mean share it came to",
        on_page=False,
    ),
    _text("budget_label", "poison budget as written", lambda s: s.place.budget_label, "the poison budget as the suite"
          " writes it"),
    _text("track", "track", lambda s: s.place.track, "whether the attribute is visible to the victim, or hidden"),
    Column(
        key="closed", title="share of the gap closed", value=lambda s: s.mean(lambda r: r.closed.value),
        meaning="share of the gap closed, whatever it costs", better="higher",
        sets={"references": Shown(title="closed", text=texts.signed("closed", 2))},
    ),
    *_with_interval(
        Column(
            key="gap_closed", title="unfairness U", value=_point(_closed),
            meaning="U before less U after, in points", unit="rate", better="higher",
            sets={"off-target": Shown(title="U", text=texts.lost("gap_closed"), order=1, legend="")},
        ),
        _closed,
        "U before less U after",
    ),
    *list(_with_interval(
        Column(key="gap_clean", title="gap before", value=lambda s: None, meaning="", unit="rate"),
        lambda s: s.estimate(lambda r: r.gap_signed),
        "the signed difference between the groups that are worst and best off, clean",
    ))[1:],
    Column(
        key="gap_spread", title="spread over seeds", value=lambda s: s.mean(lambda r: r.spread), unit="rate",
        meaning="standard deviation over seeds of the signed gap after: pooling forgives over- and undershoot",
        better="lower",
    ),
    Column(
        key="cells_over", title="cells over the allowance", value=lambda s: s.cells_over if s.results else None,
        meaning="cells whose mean accuracy cost exceeds 1 point: their share is scaled down, which does not make such a"
        " set acceptable", unit="cells", better="lower",
    ),
    Column(
        key="balanced_accuracy_cost", title="balanced accuracy cost", value=lambda s: s.mean(lambda r: r.balanced_cost),
        meaning="balanced accuracy lost, in points", unit="rate", better="lower",
        sets={
            "off-target": Shown(
                title="bal. acc.", text=texts.lost("balanced_accuracy_cost"), order=11, legend=""
            )
        },
    ),
    Column(
        key="validation_gap_clean", title="gap before, on validation",
        value=lambda s: s.mean(lambda r: r.validation_gap_clean),
        meaning="U before as the search measured it on its own validation rows", unit="rate", on_page=False,
    ),
    Column(
        key="validation_gap_poisoned", title="gap after, on validation",
        value=lambda s: s.mean(lambda r: r.validation_gap_poisoned),
        meaning="U after as the search measured it on its own validation rows", unit="rate", on_page=False,
    ),
    *_with_interval(
        Column(
            key="gain_over_random_duplicates", title="over random duplicates", value=_point(lambda s: s.over_control),
            meaning="score less that of random-duplicates at the same budgets and seeds", better="higher",
            sets=_scores("vs dup", texts.signed("gain_over_random_duplicates", 2)),
        ),
        lambda s: s.over_control,
    ),
    Column(
        key="optimism", title="promised less held", value=lambda s: s.mean(lambda r: r.optimism),
        meaning="share closed as promised on the search's own validation rows less the share held on audit rows",
        better="lower", sets=_scores("optim.", texts.signed("optimism", 2), "closing promised less closing held"),
    ),
    Column(
        key="queries", title="queries", value=lambda s: s.mean(lambda r: r.queries), meaning="mean per search",
        unit="queries", better="lower", sets=_scores("queries", texts.plain("queries", 0), ""),
    ),
    Column(
        key="poison_rows", title="rows added", value=lambda s: s.mean(lambda r: r.poison_rows),
        meaning="rows of the final set, mean per search", unit="rows",
        sets=_threat("added", texts.plain("poison_rows", 0), legend="rows added"),
    ),
    Column(
        key="cpu_seconds", title="CPU s", value=lambda s: s.mean(lambda r: r.cpu_seconds),
        meaning="CPU seconds of fits and proposals, mean per search", unit="seconds", better="lower",
        sets=_scores_and_references("CPU s", texts.plain("cpu_seconds", 1), ""),
    ),
    _text(
        "knowledge", "knowledge", _threat_part(0), "what it may know: oracle, surrogate, white-box, data-only",
        sets=_threat("knowledge", lambda r: r.knowledge, 0, left=True),
    ),
    _text(
        "labels", "labels", _threat_part(1), "whose labels its rows carry: clean (the copied row's) or dirty (free)",
        sets=_threat("labels", lambda r: r.labels, 0, left=True),
    ),
    _text(
        "row_origin", "rows", _threat_part(2), "where its rows come from: duplicate, interpolated, free",
        sets=_threat("rows", lambda r: r.row_origin, 0, left=True),
    ),
    _detectability("duplicate_share", "exact duplicates", "duplicates", 2, "share",
                   "share of the added rows that equal a clean training row"),
    _detectability("isolation_forest_auroc", "IsolationForest AUROC", "iforest", 2, "auroc",
                   "AUROC of an isolation forest for added rows against clean ones (.5: not told apart at all)"),
    _detectability("lof_auroc", "LOF AUROC", "LOF", 2, "auroc",
                   "AUROC of the local outlier factor for added rows against clean ones"),
    _detectability("label_disagreement", "neighbours disagree", "kNN disagree", 2, "share",
                   "share of the ten nearest clean rows that carry the other label"),
    _detectability("cell_shift", "shift of cells", "cell shift", 3, "share",
                   "shift of the (group, label) shares of the training table"),
    metric_column("demographic_parity_difference", "dem. parity", 7),
    metric_column("demographic_parity_ratio", "d.p. ratio", 8, "higher"),
    metric_column("equalized_odds_difference", "eq. odds", 4),
    metric_column("equal_opportunity_difference", "eq. opp.", 5),
    metric_column("average_odds_difference", "avg. odds", 6),
    metric_column("fpr_difference", "FPR", 2),
    metric_column("fnr_difference", "FNR", 3),
)  # fmt: skip
