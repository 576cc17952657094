"""What contracts share, and how they are run without pytest."""

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from a4g_bench import plugins
from a4g_bench.data.table import Table
from a4g_bench.engine.local import run_here
from a4g_bench.metrics.confusion import get_metric
from a4g_bench.parameters import declared_by
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.model import DatasetEntry
from a4g_bench.suite.plan import Plan, load_subject, plan_of
from a4g_bench.victims.base import get_victim

HERE = Path()


class Contract:
    """Subclasses name the plugin and, where it needs any, its ``parameters``; a ``test_*`` method is a promise."""

    kind: ClassVar[plugins.Kind]
    name: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]] = {}

    def test_it_is_registered_and_described(self) -> None:
        """It is found under its name and says in one line what it is, and what each parameter does."""
        plugin = plugins.get(self.kind, self.name)
        summary = getattr(plugin, "summary", "")
        assert isinstance(summary, str), "summary must be text"
        assert summary.strip(), "summary must say in one line what it is"
        assert "\n" not in summary, "summary must be one line"
        for declared in declared_by(plugin):
            assert declared.doc.strip(), f"parameter '{declared.name}' must say in one line what it does"
            assert "\n" not in declared.doc, f"what parameter '{declared.name}' does must be one line"


@dataclass(frozen=True)
class Outcome:
    """A promise, and how it was broken (empty: it was kept)."""

    promise: str
    broken: str


def check(contract: type[Contract]) -> Iterator[Outcome]:
    """Run every test of a contract.

    Args:
        contract: The contract, with its plugin named.

    Yields:
        Each promise; what its test raised is how it is broken.
    """
    for name in sorted(vars_of(contract)):
        try:
            getattr(contract(), name)()
        except Exception as error:  # a third party's code may fail in any way: that is what is asked
            message = " ".join(str(error).split()) or "no reason given"
            yield Outcome(name, message if isinstance(error, AssertionError) else f"{type(error).__name__}: {message}")
        else:
            yield Outcome(name, "")


def vars_of(contract: type[Contract]) -> set[str]:
    """The names of a contract's tests, inherited ones included."""
    return {name for cls in contract.__mro__ for name in vars(cls) if name.startswith("test_")}


def plan(changes: Mapping[str, Any], *, dataset: Mapping[str, Any] | None = None) -> Plan:
    """A suite of one search on a small synthetic table (or another one), with some keys changed."""
    entry = DatasetEntry.model_validate(dataset or {"name": "synthetic", "params": {"rows": 900}})
    subject, _ = load_subject(entry, HERE)
    base = {
        "name": "contract",
        "victims": ["logistic_regression"],
        "attacks": ["clean"],
        "poison_budgets": ["5%"],
        "query_budgets": [6],
        "batch_size": 2,
        "seeds": [0],
    }
    return plan_of(subject, base | dict(changes))


def run(made: Plan, folder: str) -> list[SearchRecord]:
    """Run all searches of a plan in this process."""
    results = Results(folder)
    results.mark(made.suite.name, made.loaded.hash, len(made.searches))
    for planned in made.searches:
        run_here(made, planned, results)
    records = [results.read_search(planned.search_id) for planned in made.searches]
    return [record for record in records if record is not None]


def ended(record: SearchRecord) -> None:
    """Assert that a search ended well, or say how it did not."""
    row = record.search
    assert row["status"] == "ok", f"its search ended as {row['status']}: {row['error_type']}: {row['error_message']}"


def _runs(changes: dict[str, Any], dataset: dict[str, Any] | None = None) -> list[SearchRecord]:
    with tempfile.TemporaryDirectory() as folder:
        records = run(plan(changes, dataset=dataset), folder)
    for record in records:
        ended(record)
    return records


def _predicted(records: list[SearchRecord]) -> list[Any]:
    return [row["predicted"] for record in records for row in record.predictions]


class DatasetContract(Contract):
    """Loads the data set; where it cannot be had here the tests fail, saying why."""

    kind = "datasets"

    def _table(self) -> Table:
        return load_subject(DatasetEntry(name=self.name, params=dict(self.parameters)), HERE)[0].table

    def test_its_state_is_told_without_loading(self) -> None:
        """``state`` answers at once."""
        assert plugins.get("datasets", self.name)().state(), "state() must say whether load() would work here"

    def test_the_same_rows_come_back(self) -> None:
        """Two loads give the same fingerprint."""
        assert self._table().fingerprint == self._table().fingerprint, "two loads differ"

    def test_every_group_has_both_labels_and_rows_can_be_split(self) -> None:
        """A suite on it runs: each split has both labels in every group."""
        _runs({"attacks": ["clean"], "seeds": [0]}, {"name": self.name, "params": dict(self.parameters), "rows": 2000})

    def test_rows_survive_their_raw_form(self) -> None:
        """Codes become raw values and codes again without a change."""
        table = self._table()
        some = table.features[:200]
        assert np.array_equal(table.schema.codes(table.schema.frame(some)), some), "raw values give other codes"


class VictimContract(Contract):
    """Trains the victim on a small synthetic table, through the harness."""

    kind = "victims"

    def _suite(self) -> dict[str, Any]:
        return {"victims": [{"name": self.name, "params": dict(self.parameters)}], "attacks": ["random-duplicates"]}

    def test_it_is_trained_audited_and_repeated(self) -> None:
        """Two runs predict the same labels: all randomness comes from the seed given."""
        assert _predicted(_runs(self._suite())) == _predicted(_runs(self._suite())), "two runs of one seed differ"

    def test_it_gives_probabilities_or_says_that_it_does_not(self) -> None:
        """Attacks that read scores need ``predict_proba`` or ``decision_function``."""
        built = get_victim(self.name, self.parameters).estimator(0)
        scored = any(hasattr(built, method) for method in ("predict_proba", "decision_function"))
        assert scored, "its estimator has neither predict_proba nor decision_function"

    def test_it_is_said_truly_whether_the_seed_matters(self) -> None:
        """Where ``seeded`` is false the harness trains once for all seeds: two seeds must then agree."""
        victim = get_victim(self.name, self.parameters)
        if victim.seeded():
            return
        rng = np.random.default_rng(0)
        features = rng.normal(size=(200, 4))
        labels = (features[:, 0] + rng.normal(size=200) > 0).astype(np.int8)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library says of its own parameters is no broken promise
            first, second = (victim.estimator(seed).fit(features, labels).predict(features) for seed in (1, 2))
        assert np.array_equal(first, second), "seeded() is false, but two seeds train different models"


class DefenceContract(Contract):
    """Audits random duplicates behind the defence, through the harness."""

    kind = "defences"

    def _suite(self) -> dict[str, Any]:
        return {
            "attacks": ["random-duplicates"],
            "defences": [{"name": self.name, "params": dict(self.parameters)}],
        }

    def test_audits_behind_it_end_well_and_repeat(self) -> None:
        """It keeps rows of every group and is deterministic."""
        first, second = _predicted(_runs(self._suite())), _predicted(_runs(self._suite()))
        assert len(first) > 0, "no audit"
        assert first == second, "two runs of one seed differ"


class ReferenceContract(Contract):
    """Audits the reference line on a small synthetic table, through the harness."""

    kind = "references"

    def _suite(self) -> dict[str, Any]:
        return {"references": [{"name": self.name, "params": dict(self.parameters)}]}

    def test_its_audit_ends_well_and_repeats(self) -> None:
        """It predicts 0 or 1 for everybody, twice the same."""
        assert _predicted(_runs(self._suite())) == _predicted(_runs(self._suite())), "two runs of one seed differ"


class MetricContract(Contract):
    """Evaluates the metric on counts made by hand: two groups, (truth, predicted)."""

    kind = "metrics"
    #: Counts at which groups fare alike, and at which one is wronged.
    fair: ClassVar[Any] = np.array([[[40, 10], [10, 40]], [[40, 10], [10, 40]]], dtype=np.float64)
    unfair: ClassVar[Any] = np.array([[[50, 0], [0, 50]], [[0, 50], [50, 0]]], dtype=np.float64)

    def test_it_is_a_finite_number(self) -> None:
        """For either favourable label."""
        metric = get_metric(self.name)
        for favourable in (0, 1):
            for counts in (self.fair, self.unfair):
                value = metric.value(counts, favourable)
                assert np.isfinite(value), f"not finite for favourable label {favourable}"

    def test_a_search_can_minimise_it(self) -> None:
        """Its cost is the distance from its ideal, never negative, and a suite takes it as an objective."""
        metric = get_metric(self.name)
        assert min(metric.cost(self.fair, 1), metric.cost(self.unfair, 1)) >= 0
        _runs({"attacks": ["sobol"], "objectives": [self.name], "query_budgets": [2]})
