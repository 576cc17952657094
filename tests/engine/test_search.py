"""One search in this process: budgets, folds, repeated and failed queries, and what the attack is kept from."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins, seeds
from a4g_bench.attacks.base import Attack, Candidate, Poison, Pool, Result, Threat, copies
from a4g_bench.data.split import split
from a4g_bench.engine.local import run_here
from a4g_bench.engine.row_sets import AUDIT, TRAIN, RowSet, fold_of, rest_of
from a4g_bench.engine.view import View
from a4g_bench.store.results import Results, SearchRecord
from tests.distributed.runs import TIMING
from tests.support import plan_of


class Scripted(Attack):
    """Asks for the same ``asks`` in turn; parameter ``rows`` picks how its rows are drawn."""

    name = "scripted"
    summary = "for tests"
    threat = Threat("search", "oracle", "clean", "duplicate")
    asks: Sequence[Candidate] = ()
    answer: Any = "last"

    def start(self, problem: Any) -> None:
        super().start(problem)
        self.told: list[Result] = []

    def ask(self, n: int) -> Sequence[Candidate]:
        return self.asks[len(self.told) : len(self.told) + n]

    def tell(self, results: Sequence[Result]) -> None:
        self.told.extend(results)

    def choose(self) -> Result | Candidate | None:
        good = [r for r in self.told if r.measurement is not None]
        return good[-1] if self.answer == "last" else self.answer

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        kind = int(parameters.get("kind", 0))
        if kind == 1:
            raise ZeroDivisionError("no rows today")
        poison = copies(pool, np.arange(size + (kind == 2)) + int(parameters.get("from", 0)))
        if kind == 3:
            poison.features[0, 1] = 1e9
        return poison


def searched(monkeypatch: pytest.MonkeyPatch, folder: Path, attack: type[Attack], **changes: Any) -> SearchRecord:
    """The record of one search by an attack that is no plugin."""
    original = plugins.get
    monkeypatch.setattr(plugins, "get", lambda kind, name: attack if kind == "attacks" else original(kind, name))
    plan = plan_of(folder, attacks=["scripted"], seeds=1, **changes)
    [planned] = plan.searches
    results = Results(str(folder / "results"))
    run_here(plan, planned, results)
    record = results.read_search(planned.search_id)
    assert record is not None
    return record


def scripted(*candidates: Candidate, answer: Any = "last") -> type[Scripted]:
    return type("Made", (Scripted,), {"asks": candidates, "answer": answer})


def test_the_query_budget_is_hard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    attack = scripted(*[Candidate({"from": i}) for i in range(100)])
    record = searched(monkeypatch, tmp_path, attack, query_budgets=[5], batch_size=2)
    assert [query["query"] for query in record.queries] == [0, 1, 2, 3, 4]
    assert [query["batch"] for query in record.queries] == [0, 0, 1, 1, 2]
    assert record.search["queries"] == 5


def test_an_attack_that_asks_for_too_much_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Greedy(Scripted):
        def ask(self, n: int) -> Sequence[Candidate]:
            return [Candidate()] * (n + 1)

    record = searched(monkeypatch, tmp_path, Greedy)
    assert record.search["status"] == "error"
    assert "asked for 3 queries, allowed 2" in record.search["error_message"]


def test_failed_queries_count_and_the_search_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kinds = [0, 1, 2, 3]
    record = searched(monkeypatch, tmp_path, scripted(*[Candidate({"kind": kind}) for kind in kinds]))
    assert record.search["status"] == "ok"
    assert (record.search["queries"], record.search["queries_failed"]) == (4, 3)
    assert record.queries[0]["failed"] is None
    assert record.queries[1]["failed"] == "ZeroDivisionError: no rows today"
    assert record.queries[2]["failed"] == "19 rows, the budget is 18"
    assert "leaves the training range" in record.queries[3]["failed"]
    assert record.search["chosen_query"] == 0


def test_equal_rows_are_trained_on_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    candidates = [Candidate({"from": 0}), Candidate({"from": 0}), Candidate({"from": 5}), Candidate({"from": 0})]
    record = searched(monkeypatch, tmp_path, scripted(*candidates))
    assert [query["duplicate_of"] for query in record.queries] == [None, 0, None, 0]
    assert [query["fits"] for query in record.queries] == [1, 0, 1, 0]
    assert record.queries[0]["unfairness"] == record.queries[1]["unfairness"] == record.queries[3]["unfairness"]


@pytest.mark.parametrize("batches", [1, 2, 3])
@pytest.mark.parametrize("asks", [[0, 0, 0, 5, 0, 5, 5, 0], [0, *[None] * 9]])
def test_a_search_cut_short_goes_on_as_if_it_had_not_been(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asks: list[int | None], batches: int
) -> None:
    """With rows asked for again and again; and with failures, which count over the cut towards too many."""
    attack = scripted(*[Candidate({"kind": 1} if start is None else {"from": start}) for start in asks])
    cut = tmp_path / "cut"
    cut.mkdir()
    whole = searched(monkeypatch, tmp_path, attack, query_budgets=[10], batch_size=2)
    recorded = [query for query in whole.queries if query["batch"] < batches]
    Results(str(cut / "results")).write_journal(whole.search["search_id"], recorded)
    resumed = searched(monkeypatch, cut, attack, query_budgets=[10], batch_size=2)
    assert resumed.search["status"] == whole.search["status"]
    assert resumed.search["error_message"] == whole.search["error_message"]
    assert resumed.search["chosen_query"] == whole.search["chosen_query"]
    assert [untimed(query) for query in resumed.queries] == [untimed(query) for query in whole.queries]


def doubled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows, *rows]


def without_the_first_batch(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[2:]


def of_rows_never_drawn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"digest": "0" * 16} for row in rows]


def of_another_recipe(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"parameters": '{"from": 9}'} for row in rows]


def in_larger_batches(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"batch": 0} for row in rows]


def beyond_the_budget(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[i % len(rows)] | {"query": i, "batch": i // 2} for i in range(12)]


@pytest.mark.parametrize(
    "change",
    [doubled, without_the_first_batch, of_rows_never_drawn, of_another_recipe, in_larger_batches, beyond_the_budget],
)
def test_a_journal_that_the_search_cannot_have_written_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
) -> None:
    """Its measurements are impossible ones, so that a query that was believed shows."""
    attack = scripted(*[Candidate({"from": start}) for start in range(10)])
    cut = tmp_path / "cut"
    cut.mkdir()
    whole = searched(monkeypatch, tmp_path, attack, query_budgets=[10], batch_size=2)
    recorded = [query | {"unfairness": -1.0} for query in whole.queries if query["batch"] < 2]
    journal = Results(str(cut / "results"))
    journal.write_journal(whole.search["search_id"], recorded)
    believed = searched(monkeypatch, cut, attack, query_budgets=[10], batch_size=2)
    assert [query["unfairness"] == -1.0 for query in believed.queries] == [True] * 4 + [False] * 6
    journal.drop({whole.search["search_id"]})
    journal.write_journal(whole.search["search_id"], change(recorded))
    resumed = searched(monkeypatch, cut, attack, query_budgets=[10], batch_size=2)
    assert [untimed(query) for query in resumed.queries] == [untimed(query) for query in whole.queries]


def untimed(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name not in TIMING}


def test_folds_and_victim_seeds_make_more_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    candidates = [Candidate({"from": 0}), Candidate({"from": 0}, confirm=True)]
    record = searched(
        monkeypatch,
        tmp_path,
        scripted(*candidates),
        victims=[{"name": "random_forest", "params": {"n_estimators": 3}}],
        fits={"folds": 3, "victim_seeds": 2},
    )
    assert [query["fits"] for query in record.queries] == [6, 2]
    assert record.search["chosen_query"] == 1
    assert record.search["fits"] == 6 + 2 + seeds.AUDIT_SEEDS


def test_rows_that_no_query_evaluated_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fold's draw is not the draw on the training rows: choosing it is an error, not a silently different audit."""
    record = searched(monkeypatch, tmp_path, scripted(Candidate({"from": 0})), fits={"folds": 3})
    assert record.search["status"] == "error"
    assert "are not the rows that query evaluated" in record.search["error_message"]


def test_rows_that_differ_from_those_of_their_query_are_not_audited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Forgetful(Scripted):
        """Draws other rows each time."""

        asks = (Candidate(),)

        def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
            self.drawn = getattr(self, "drawn", 0) + 1
            return copies(pool, np.arange(size) + self.drawn)

    record = searched(monkeypatch, tmp_path, Forgetful)
    assert (record.search["status"], record.search["queries_failed"]) == ("error", 0)
    assert "chose query 0, but the rows it would add are not the rows that query" in record.search["error_message"]
    assert record.audits == []


def test_an_inverted_objective_rewards_unfairness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Lowest(Scripted):
        """Chooses the query with the lowest objective, as attacks are asked to."""

        asks = tuple(Candidate({"from": start}) for start in (0, 40, 80, 120))

        def choose(self) -> Result:
            return min(self.told, key=lambda result: result.measurement.objective.mean)  # type: ignore[union-attr]

    chosen = {}
    for invert in (False, True):
        folder = tmp_path / str(invert)
        folder.mkdir()
        objective = {"metric": "unfairness", "invert": invert}
        record = searched(monkeypatch, folder, Lowest, objectives=[objective], poison_budgets=[120])
        gaps = [query["unfairness"] for query in record.queries]
        assert len(set(gaps)) > 1
        assert [query["objective"] for query in record.queries] == [-gap if invert else gap for gap in gaps]
        assert record.search["validation_gap_poisoned"] == (max(gaps) if invert else min(gaps))
        chosen[invert] = record.search["chosen_query"]
    assert chosen[False] != chosen[True]


def test_every_query_has_victim_seeds_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else one lucky random state would be searched for; this victim's predictions follow from that state alone."""
    guessing = {"name": "sklearn.dummy:DummyClassifier", "as": "guessing", "params": {"strategy": "uniform"}}
    attack = scripted(*[Candidate({"from": start}) for start in range(6)])
    record = searched(monkeypatch, tmp_path, attack, victims=[guessing], query_budgets=[6])
    accuracies = [query["accuracy"] for query in record.queries]
    assert len(set(accuracies)) >= 4, "six guesses at 120 labels, of which some may be equally good"


def test_rows_outside_the_training_range_are_not_offered_in_folds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fold trains on search-validation rows too; those that lie beyond the training rows would be infeasible."""

    class Extremes(Scripted):
        asks = (Candidate(), Candidate(confirm=True))

        def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
            return copies(pool, np.concatenate([pool.features.argmin(axis=0), pool.features.argmax(axis=0)]))

    [subject] = plan_of(tmp_path).subjects.values()
    view = View.of(subject.table, subject.attribute, 0)
    train, validation = np.split(view.features, [view.n_train])
    assert (validation.max(axis=0) > train.max(axis=0)).any() or (validation.min(axis=0) < train.min(axis=0)).any()
    record = searched(monkeypatch, tmp_path, Extremes, fits={"folds": 3})
    assert [query["failed"] for query in record.queries] == [None, None]


def test_the_best_so_far_keeps_the_accuracy_allowance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Flooding(Scripted):
        """``flood`` gives every copy the favourable label: hardly a gap is left, and much accuracy is lost."""

        asks = tuple(Candidate({"flood": flood}) for flood in (1, 0, 1))

        def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
            poison = copies(pool, np.arange(size) if parameters["flood"] else np.arange(1))
            return Poison(poison.features, np.ones_like(poison.labels)) if parameters["flood"] else poison

        def choose(self) -> Result:
            return self.told[1]

    record = searched(monkeypatch, tmp_path, Flooding, poison_budgets=[340], batch_size=1, max_accuracy_loss=0.05)
    flooded, slight, _ = record.queries
    clean = record.search["validation_accuracy_clean"]
    assert flooded["objective"] < slight["objective"]
    assert clean - flooded["accuracy"] > 0.05 >= clean - slight["accuracy"]
    assert [query["best_objective"] for query in record.queries] == [None, slight["objective"], slight["objective"]]


def test_choosing_nothing_audits_the_clean_victim(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = searched(monkeypatch, tmp_path, scripted(Candidate(), answer=None))
    assert record.search["poison_rows"] == 0
    assert record.search["validation_gap_poisoned"] == record.search["validation_gap_clean"]
    by_role = {a["role"]: a for a in record.audits if a["audit_seed"] == -1}
    for metric in ("unfairness", "accuracy", "fpr_difference"):
        assert by_role["clean"][metric] == by_role["poisoned"][metric]


def test_too_many_failures_end_the_search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = searched(monkeypatch, tmp_path, scripted(*[Candidate({"kind": 1})] * 40), query_budgets=[40])
    assert record.search["status"] == "error"
    assert record.search["queries"] == 8
    assert "no rows today" in record.search["error_message"]


def test_the_view_holds_no_audit_row(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    [subject] = plan.subjects.values()
    for seed in range(5):
        parts = split(subject.table, subject.attribute, seed)
        view = View.of(subject.table, subject.attribute, seed)
        seen = np.concatenate([parts.train, parts.validation])
        assert np.array_equal(view.features, subject.table.features[seen])
        assert not set(seen) & set(parts.audit)
        assert len(seen) + len(parts.audit) == len(subject.table)
        sets = view.sets(3)
        assert all(rows.max() < len(seen) for rows in sets.values())
        for key in (TRAIN, rest_of(0), rest_of(1), rest_of(2)):
            held_out = [sets[key.scored_as(j)] for j in range(5)]
            assert np.array_equal(np.sort(np.concatenate(held_out)), sets[key])
            assert all(not set(sets[key.scored_as(j)]) & set(sets[key.trained_for(j)]) for j in range(5))
        for k in range(3):
            assert np.array_equal(np.sort(np.concatenate([sets[fold_of(k)], sets[rest_of(k)]])), np.arange(len(seen)))
        assert len(sets) == len(set(sets)) == 2 + 2 * 3 + 2 * 5 * 4
        for unknown in (AUDIT, RowSet(kind="fold"), RowSet(kind="judged", fold=0)):
            with pytest.raises(KeyError):
                sets[unknown]


def test_audit_seeds_are_no_query_seeds() -> None:
    audit = {s for seed in range(50) for s in seeds.audit_victim_seeds(seed)}
    queries = {seeds.query_victim_seed(seed, q, f) for seed in range(50) for q in range(-1, 20) for f in range(3)}
    assert len(audit) == 50 * seeds.AUDIT_SEEDS
    assert not audit & queries


@pytest.mark.parametrize("folds", [1, 3])
def test_out_of_fold_scores_belong_to_their_rows(tmp_path: Path, folds: int) -> None:
    """Scores from folds, put together, are those of direct fits on each fold's complement."""
    from a4g_bench.engine.clean import fit_clean
    from a4g_bench.engine.fits import InlineFitter, Job
    from a4g_bench.suite.model import Fits, Named

    [subject] = plan_of(tmp_path).subjects.values()
    view = View.of(subject.table, subject.attribute, 0)
    victim = Named(name="logistic_regression")
    fitter = InlineFitter(view.training_data(victim, folds))
    baseline = fit_clean(view, victim, Fits(folds=folds), fitter, with_scores=True)
    sets = view.sets(folds)
    key = TRAIN if folds == 1 else rest_of(1)
    [fit] = fitter.run([Job(key.trained_for(2), key.scored_as(2), 0, output="scores")])
    position = {row: i for i, row in enumerate(sets[key])}
    mine = baseline.scores[key][[position[row] for row in sets[key.scored_as(2)]]]
    assert fit.values is not None
    assert np.array_equal(mine, fit.values)
