"""Which settings a board will count, before it has a result: by the leaderboard's rules, on rows that searches see."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a4g_bench.data.split import split
from a4g_bench.engine.local import run_here
from a4g_bench.leaderboard import Selection, Setting, study
from a4g_bench.store.folders import tables_of
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Subject
from a4g_bench.workflows import forecast as forecasting
from a4g_bench.workflows.forecast import SettingForecast, forecast
from a4g_bench.workflows.outlook import look_ahead
from tests.support import plan_of, run_inline

LARGE = {"name": "synthetic", "params": {"rows": 4000}}
YARDSTICKS = ["cell-duplication", "clean"]


def foreseen(plan: Plan) -> SettingForecast:
    [line] = forecast(plan, plan.searches).settings
    return line


def on_the_board(root: Path) -> Setting:
    [setting] = study(tables_of([str(root)]), Selection()).evidence.settings.values()
    return setting


def written(folder: Path, groups: np.ndarray, labels: np.ndarray, signal: np.ndarray) -> dict[str, Any]:
    """A table in a file, with one column that the victim learns from."""
    rows = (f"{x:.4f},{'ab'[g]},{label}\n" for x, g, label in zip(signal, groups, labels, strict=True))
    (folder / "people.csv").write_text("x,group,label\n" + "".join(rows))
    source = {"file": "people.csv", "target": "label", "favourable": 1, "protected": ["group"]}
    return {"name": "people", "source": source}


def test_what_is_foreseen_is_what_the_board_then_says(tmp_path: Path) -> None:
    """The forecast's gap and errors are those of other splits of the same people: near the board's, not equal."""
    plan = plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=5)
    expected = foreseen(plan)
    assert (expected.counts, expected.reason, expected.source) == (True, "", "forecast")
    run_inline(plan, tmp_path / "r")
    measured = on_the_board(tmp_path / "r")
    assert measured.counts
    assert expected.sizes == dict(measured.sizes)
    assert expected.gap == pytest.approx(measured.gap_clean, abs=0.08)
    assert expected.constant_cost == pytest.approx(measured.constant_cost, abs=0.02)
    assert measured.resolvable is not None
    assert expected.resolvable is not None
    assert 1 / 3 < expected.resolvable / measured.resolvable < 3


def test_results_over_whole_blocks_judge_for_themselves(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=5)
    root = tmp_path / "r"
    run_inline(plan, root)
    measured = on_the_board(root)
    [line] = forecast(plan, [], plan.searches, tables_of([str(root)])).settings
    assert line.source == "board"
    told = (line.counts, line.reason, line.gap, line.gap_low, line.gap_high, line.resolvable, line.constant_cost)
    assert told == (
        measured.counts,
        measured.reason,
        measured.gap_clean,
        measured.gap_clean_low,
        measured.gap_clean_high,
        measured.resolvable,
        measured.constant_cost,
    )
    [part] = forecast(plan, plan.searches[-1:], plan.searches[:-1], tables_of([str(root)])).settings
    expected = "forecast" if plan.searches[-1].spec.label == "cell-duplication" else "board"
    assert part.source == expected


def test_a_yardstick_that_is_missing_leaves_a_setting_to_the_forecast(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=5)
    done = [planned for planned in plan.searches if planned.spec.label == "clean"]
    results = Results(str(tmp_path / "r"))
    results.mark("tiny", plan.loaded.hash, len(plan.searches))
    for planned in done:
        run_here(plan, planned, results)
    waiting = [planned for planned in plan.searches if planned not in done]
    [line] = forecast(plan, waiting, done, tables_of([str(tmp_path / "r")])).settings
    assert line.source == "forecast"


def test_small_groups_are_counted_on_the_whole_table(tmp_path: Path) -> None:
    """99 people of group a deserve the label: one too few, whatever part of them a split has."""
    groups = np.repeat([0, 1], [400, 1600])
    labels = np.zeros(2000, dtype=int)
    labels[:99], labels[400:1200] = 1, 1
    signal = labels + np.random.default_rng(0).normal(0, 0.5, 2000)
    line = foreseen(
        plan_of(tmp_path, datasets=[written(tmp_path, groups, labels, signal)], attacks=YARDSTICKS, seeds=5)
    )
    assert line.counts is False
    assert line.reason == "fewer than two groups have 100 people who deserve the favourable label"
    assert line.sizes == {"b": 800}


def test_a_table_on_which_judging_nobody_is_cheap_does_not_count(tmp_path: Path) -> None:
    """97 % deserve the label, and the column says little about who does not."""
    rng = np.random.default_rng(0)
    groups, labels = np.arange(4000) % 2, (rng.random(4000) < 0.97).astype(int)
    line = foreseen(
        plan_of(
            tmp_path,
            datasets=[written(tmp_path, groups, labels, labels * 0.1 + groups + rng.normal(0, 1, 4000))],
            attacks=YARDSTICKS,
            seeds=5,
        )
    )
    assert line.counts is False
    assert line.constant_cost is not None
    assert line.constant_cost < 0.02


def test_victims_too_slow_to_try_are_unknown_and_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=5)
    monkeypatch.setattr(forecasting, "_AFFORDABLE_SECONDS", 0.0)
    line = foreseen(plan)
    assert (line.counts, line.source, line.resolvable) == (None, "unknown", None)
    assert line.reason.startswith("to foresee it takes 15 fits of ")
    assert sum(line.sizes.values()) > 1000


def test_no_audit_row_is_looked_at(tmp_path: Path) -> None:
    """What the audit rows of the first seed hold, but for group and label, which the sizes need, changes nothing."""
    plan = plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=5)
    [subject], [victim] = plan.subjects.values(), plan.suite.victims
    table, attribute = subject.table, subject.attribute
    kept = table.schema.names.index(attribute)
    scrambled = {}
    for part in ("audit", "validation"):
        rows = getattr(split(table, attribute, 0), part)
        features = table.features.copy()
        for column in (c for c in range(features.shape[1]) if c != kept):
            features[rows, column] = features[np.roll(rows, 1), column]
        scrambled[part] = Subject(subject.entry, replace(table, features=features), attribute)
    whole = look_ahead(plan, subject, victim, whole=True)
    assert whole is not None
    assert look_ahead(plan, scrambled["audit"], victim, whole=True) == whole
    assert look_ahead(plan, scrambled["validation"], victim, whole=True) != whole


def test_a_forecast_near_a_limit_says_so(tmp_path: Path) -> None:
    """About half a point above the cost that a constant classifier must have, which the board may find otherwise."""
    rng = np.random.default_rng(0)
    groups, labels = np.arange(6000) % 2, (rng.random(6000) < 0.93).astype(int)
    shown = np.where((groups == 1) & (rng.random(6000) < 0.75), labels, 1)  # says who does not deserve it, to a part
    table = written(tmp_path, groups, labels, shown + rng.normal(0, 0.1, 6000))
    line = foreseen(plan_of(tmp_path, datasets=[table], attacks=YARDSTICKS, seeds=5))
    assert line.constant_cost is not None
    assert 0.015 < line.constant_cost < 0.03
    assert (line.counts, line.source) == (None, "unknown")
    assert line.reason.startswith("too close to tell from a few fits: ")
    assert "a constant classifier that costs 2." in line.reason


def test_more_blocks_make_for_a_smaller_error(tmp_path: Path) -> None:
    one, four = (foreseen(plan_of(tmp_path, datasets=[LARGE], attacks=YARDSTICKS, seeds=n)) for n in (5, 20))
    assert one.gap == four.gap
    assert None not in (one.gap_low, one.gap_high, four.gap_low, four.gap_high)
    assert four.gap_high - four.gap_low < one.gap_high - one.gap_low  # type: ignore[operator]
    assert (four.resolvable or 1) <= (one.resolvable or 0)
