"""The contract of an attack."""

import tempfile
from typing import Any, ClassVar, get_args, get_type_hints

from a4g_bench.attacks.base import Attack, Candidate, Problem, Result, Threat, get_attack
from a4g_bench.engine.local import LocalServices, run_here
from a4g_bench.engine.task import Task
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.plan import Plan
from a4g_bench.testing.contract import Contract, ended, plan, run

_TIMES = ("seconds", "started", "ended")


class AttackContract(Contract):
    """Runs whole searches of the attack on a small synthetic table, through the harness that a suite uses.

    ``victim`` is the one attacked; set ``budget`` or ``queries`` for an attack that needs more than the few rows and
    queries here.
    """

    kind = "attacks"
    victim: ClassVar[str] = "logistic_regression"
    budget: ClassVar[str] = "5%"
    queries: ClassVar[int] = 6

    def _attack(self) -> Attack:
        return get_attack(self.name, self.parameters)

    def _plan(self, **changes: Any) -> Plan:
        entry = {"name": self.name, "params": dict(self.parameters), **changes.pop("entry", {})}
        base = {"victims": [self.victim], "poison_budgets": [self.budget], "query_budgets": [self.queries]}
        return plan({**base, "attacks": [entry], **changes})

    def _searched(self, **changes: Any) -> SearchRecord:
        with tempfile.TemporaryDirectory() as folder:
            [record] = run(self._plan(**changes), folder)
        ended(record)
        return record

    def test_its_threat_model_is_stated(self) -> None:
        """Role, knowledge, labels and row origin are among the protocol's words."""
        threat = self._attack().threat
        assert isinstance(threat, Threat), "threat must be a Threat"
        for field, kind in get_type_hints(Threat).items():
            value = getattr(threat, field)
            assert value in get_args(kind), f"threat.{field} is {value!r}, not one of {', '.join(get_args(kind))}"

    def test_a_search_ends_with_feasible_rows_within_its_budget(self) -> None:
        """The harness refuses infeasible rows; what is left must be at most the poison budget."""
        row = self._searched().search
        assert row["budget_rows"] is not None, "the search did not begin"
        assert row["poison_rows"] <= row["budget_rows"], "more rows than the poison budget"
        assert row["queries"] <= row["query_budget"], "more queries than the query budget"

    def test_the_same_seed_gives_the_same_search(self) -> None:
        """Rows and queries are equal, bit for bit."""
        first, second = (_bare(self._searched()) for _ in range(2))
        assert first == second, "two runs of one search differ: draw all randomness from the problem's seed"

    def test_a_search_that_was_cut_short_goes_on_from_its_record(self) -> None:
        """``ask`` may depend on nothing but the problem, the parameters and what was told."""
        if not self._attack().is_search:
            return
        made = self._plan()
        with tempfile.TemporaryDirectory() as folder:
            [whole] = run(made, folder)
        ended(whole)
        if len(whole.queries) < 4:
            return
        with tempfile.TemporaryDirectory() as folder:
            results = Results(folder)
            results.mark(made.suite.name, made.loaded.hash, 1)
            [planned] = made.searches
            results.write_journal(planned.search_id, whole.queries[:2])
            run_here(made, planned, results)
            again = results.read_search(planned.search_id)
        assert again is not None
        ended(again)
        assert _bare(again) == _bare(whole), "after two recorded queries the search went another way"

    def test_failed_queries_are_survived(self) -> None:
        """An attack is told of failed queries like of others, and still chooses."""
        attack, problem = self._attack(), self._problem()
        attack.start(problem)
        queries = 0
        while queries < problem.query_budget:
            candidates = list(attack.ask(min(problem.batch_size, problem.query_budget - queries)))
            if not candidates:
                break
            assert len(candidates) <= problem.batch_size, "more candidates than were asked for"
            failed = [Result(queries + i, c, None, problem.clean, "made to fail") for i, c in enumerate(candidates)]
            queries += len(candidates)
            attack.tell(failed)
        chosen = attack.choose()
        assert chosen is None or isinstance(chosen, Candidate | Result), "choose must give a candidate, result or None"

    def test_a_share_of_the_budget_that_is_nothing_adds_nothing(self) -> None:
        """A suite may let it spend 0: a sanity check."""
        if self._attack().is_search:
            assert self._searched(entry={"spend": 0}).search["poison_rows"] == 0, "it added rows although it may not"

    def _problem(self) -> Problem:
        made = self._plan()
        [planned] = made.searches
        problems: list[Problem] = []
        with tempfile.TemporaryDirectory() as folder:
            services = LocalServices(made, Results(folder))
            task = Task(planned, services, suite="contract", suite_hash="", attempt=1, cores=1)
            task.prepare(lambda attack: problems.append(attack.problem))
        return problems[0]


def _bare(record: SearchRecord) -> tuple[Any, ...]:
    """What of a record must not change from run to run."""
    queries = [
        {key: value for key, value in row.items() if not any(part in key for part in _TIMES)} for row in record.queries
    ]
    rows = record.poison.to_pylist() if record.poison is not None else []
    return queries, rows
