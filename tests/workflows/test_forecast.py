"""The forecast counts the fits that searches make: held against what they record, and against every training."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from a4g_bench import plugins
from a4g_bench.attacks.base import Poison, get_attack
from a4g_bench.engine.local import LocalServices
from a4g_bench.engine.task import Task
from a4g_bench.engine.workload import workload
from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.model import Named
from a4g_bench.suite.plan import Plan
from a4g_bench.workflows.evaluate import evaluate
from a4g_bench.workflows.forecast import START_SECONDS, Forecast, forecast
from tests.support import plan_of, run_inline

BUILT_IN = [name for name in plugins.names("attacks") if get_attack(name, {}).__module__.startswith("a4g_bench.")]
#: Rows come from a file: only ``evaluate`` can run it.
FROM_A_FILE = "given"
FOREST = {"name": "random_forest", "params": {"n_estimators": 3}}


def only(plan: Plan, root: Path) -> SearchRecord:
    """The record of the plan's one search."""
    run_inline(plan, root)
    [planned] = plan.searches
    record = Results(str(root)).read_search(planned.search_id)
    assert record is not None
    assert record.search["status"] == "ok", record.search["error_message"]
    return record


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(name, marks=pytest.mark.slow) if name.startswith("ax-") else name
        for name in BUILT_IN
        if name != FROM_A_FILE
    ],
)
def test_a_search_makes_the_fits_foreseen_but_for_repeated_rows_and_an_early_end(tmp_path: Path, attack: str) -> None:
    """Without folds each query is one stage: what is missing is explained query by query, and nothing is for attacks
    that make none.
    """
    plan = plan_of(tmp_path, attacks=[attack], seeds=1, query_budgets=[6], batch_size=3)
    record, load = only(plan, tmp_path / "r"), workload(plan.searches[0])
    repeated = sum(query["duplicate_of"] is not None for query in record.queries)
    never_asked = load.queries - len(record.queries)
    assert record.search["fits"] == load.fits - load.fits_per_query * (repeated + never_asked)
    assert load.queries == (6 if get_attack(attack, {}).is_search else 0)
    assert load.work == load.fits


def test_sets_that_differ_make_every_fit_foreseen(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, attacks=["sobol"], seeds=1, victims=[FOREST], fits={"victim_seeds": 2})
    record, load = only(plan, tmp_path / "r"), workload(plan.searches[0])
    assert [query["duplicate_of"] for query in record.queries] == [None] * 4
    assert record.search["fits"] == load.fits == 4 * 2 + AUDIT_SEEDS


def test_with_folds_a_confirming_query_makes_the_fits_of_one_stage(tmp_path: Path) -> None:
    fits = {"victim_seeds": 2, "folds": 3}
    plan = plan_of(tmp_path, attacks=["sobol"], seeds=1, victims=[FOREST], fits=fits, query_budgets=[5])
    record, load = only(plan, tmp_path / "r"), workload(plan.searches[0])
    confirming = sum(query["phase"] == "confirm" for query in record.queries)
    assert confirming >= 1
    assert load.fits == 5 * 6 + AUDIT_SEEDS
    assert record.search["fits"] == load.fits - (6 - 2) * confirming


def test_every_other_victim_and_defence_is_audited(tmp_path: Path) -> None:
    crafted = {"name": "random-duplicates", "craft_on": "logistic_regression", "evaluate_on": ["random_forest"]}
    victims = ["logistic_regression", FOREST]
    plan = plan_of(tmp_path, attacks=[crafted], victims=victims, defences=["deduplication"], seeds=1)
    record, load = only(plan, tmp_path / "r"), workload(plan.searches[0])
    assert record.search["fits"] == load.fits == 1 + AUDIT_SEEDS + 1


@pytest.mark.parametrize("reference", plugins.names("references"))
def test_a_mitigation_is_audited_with_every_seed(tmp_path: Path, reference: str) -> None:
    plan = plan_of(tmp_path, attacks=["clean"], references=[reference], seeds=1)
    run_inline(plan, tmp_path / "r")
    [planned] = [planned for planned in plan.searches if planned.spec.label == reference]
    record = Results(str(tmp_path / "r")).read_search(planned.search_id)
    assert record is not None
    assert record.search["fits"] == workload(planned).fits == AUDIT_SEEDS
    assert workload(planned).work >= AUDIT_SEEDS


def test_rows_from_a_file_are_audited_as_foreseen(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, attacks=[FROM_A_FILE], seeds=1)
    [subject] = plan.subjects.values()
    poison = Poison(subject.table.features[:5], subject.table.labels[:5])
    results = Results(str(tmp_path / "r"))
    evaluate(poison, subject, Named(name="logistic_regression"), [0], results, "mine")
    rows = {row["attack"]: row["fits"] for row in results.read("searches").to_pylist()}
    assert rows["mine"] == workload(plan.searches[0]).fits == 1


def trained(plan: Plan, root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the victim is trained where searches share what they can."""
    count = 0
    original = LogisticRegression.fit

    def fit(self: Any, *rows: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        return original(self, *rows, **more)

    services = LocalServices(plan, Results(str(root)))
    with monkeypatch.context() as patch:
        patch.setattr(LogisticRegression, "fit", fit)
        for planned in plan.searches:
            task = Task(planned, services, suite="tiny", suite_hash="", attempt=1, cores=1)
            while not task.step():
                pass
            assert task.status == "ok", task.row["error_message"]
    return count


@pytest.mark.parametrize(
    "changes",
    [
        {"attacks": ["clean", "random-duplicates"], "seeds": 2},
        {"attacks": ["random-rows", "threshold-copies"], "seeds": 1, "fits": {"folds": 3}},
        {"attacks": ["cell-duplication"], "seeds": 2, "defences": ["deduplication", "cap-identical"]},
        {"attacks": ["clean"], "seeds": 2, "references": ["reweighing"]},
        {"attacks": ["clean"], "seeds": 1, "references": ["threshold-optimizer", "correlation-remover"]},
        {"attacks": ["sobol"], "seeds": 1},
    ],
    ids=str,
)
def test_a_forecast_is_the_number_of_trainings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """Clean baselines and clean audits, which no row counts, included; no query here repeats another's rows."""
    plan = plan_of(tmp_path, **changes)
    [line] = forecast(plan, plan.searches).settings
    assert line.fits == trained(plan, tmp_path / "r", monkeypatch)
    assert line.to_run == len(plan.searches)
    [done] = forecast(plan, []).settings
    assert (done.fits, done.queries, done.to_run) == (0, 0, 0)


def test_what_victims_share_is_counted_once(tmp_path: Path) -> None:
    """The clean audit of the victim that another one's set is audited on too."""
    crafted = {"name": "clean", "as": "moved", "craft_on": "logistic_regression", "evaluate_on": ["svm"]}
    plan = plan_of(tmp_path, attacks=["clean", crafted], victims=["logistic_regression", "svm"], seeds=1)
    by_victim = {line.victim: line.fits for line in forecast(plan, plan.searches).settings}
    # a clean baseline and a clean audit each, an audit per search, and the moved set's audit on the second victim
    assert by_victim["logistic_regression"] + by_victim["svm"] == 2 * 2 + 3 + 1


def test_defences_take_their_time(tmp_path: Path) -> None:
    """An isolation forest takes far longer than the fit behind it: for each poison set, and once per seed without."""
    plain, defended = (
        forecast(plan, plan.searches)
        for defences in ([], ["isolation-forest"])
        for plan in [plan_of(tmp_path, attacks=["random-duplicates"], seeds=2, defences=defences)]
    )
    [one], [other] = plain.settings, defended.settings
    assert other.fits == one.fits + 4
    beside = [told.cpu_seconds - line.own_seconds for told, line in ((plain, one), (defended, other))]
    assert beside[1] - beside[0] > 4 * 0.02 > 4 * one.fit_seconds


def test_audits_on_other_victims_take_what_these_take(tmp_path: Path) -> None:
    """Five fits of a forest per poison set, and five per seed without."""
    slow = {"name": "random_forest", "params": {"n_estimators": 100}}
    own, moved = (
        forecast(plan, [p for p in plan.searches if p.spec.victim.label == "logistic_regression"])
        for others in ([], ["random_forest"])
        for attack in [{"name": "clean", "craft_on": "logistic_regression", "evaluate_on": others}]
        for plan in [plan_of(tmp_path, attacks=["random-rows", attack], victims=["logistic_regression", slow], seeds=1)]
    )
    by_victim = {line.victim: line for line in moved.settings}
    more = by_victim["logistic_regression"].cpu_seconds - own.settings[0].cpu_seconds
    assert more > 8 * by_victim["random_forest"].fit_seconds


@pytest.mark.parametrize(
    ("cores", "per_search", "expected"),
    [(1, 1, 10), (2, 1, 5), (3, 1, 4), (128, 1, 4), (2, 2, 5), (4, 2, 2.5), (1, 2, 5)],
)
def test_searches_are_dealt_to_the_cores_that_end_first(cores: int, per_search: int, expected: float) -> None:
    """4 3 2 1 on two cores: 4 + 1 and 3 + 2. A search that has two cores takes half as long."""
    told = Forecast(settings=(), seconds=(4.0, 3.0, 2.0, 1.0), once=2.0, cores_per_search=per_search, failed={})
    assert told.wall_seconds(cores) == pytest.approx(START_SECONDS + 2 + expected)


def test_nothing_to_run_takes_no_time() -> None:
    assert Forecast(settings=(), seconds=(), once=0.0, cores_per_search=1, failed={}).wall_seconds(2) == 0
