"""What contracts share, and how they are run without pytest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from a4g_bench import plugins
from a4g_bench.engine.local import run_here
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.model import DatasetEntry
from a4g_bench.suite.plan import Plan, load_subject, plan_of

HERE = Path()


class Contract:
    """Subclasses name the plugin and, where it needs any, its ``parameters``; a ``test_*`` method is a promise."""

    kind: ClassVar[plugins.Kind]
    name: ClassVar[str]
    parameters: ClassVar[Mapping[str, Any]] = {}

    def test_it_is_registered_and_described(self) -> None:
        """It is found under its name and says in one line what it is."""
        found = plugins.get(self.kind, self.name)
        summary = getattr(found, "summary", "")
        assert isinstance(summary, str), "summary must be text"
        assert summary.strip(), "summary must say in one line what it is"
        assert "\n" not in summary, "summary must be one line"


@dataclass(frozen=True)
class Outcome:
    """A promise, and how it was broken (empty: it was kept)."""

    promise: str
    broken: str


def check(contract: type[Contract]) -> Iterator[Outcome]:
    """Run every test of a contract; what a test raises is how the promise is broken."""
    for name in sorted(vars_of(contract)):
        try:
            getattr(contract(), name)()
        except Exception as error:  # a third party's code may fail in any way: that is what is asked
            told = " ".join(str(error).split()) or "no reason given"
            yield Outcome(name, told if isinstance(error, AssertionError) else f"{type(error).__name__}: {told}")
        else:
            yield Outcome(name, "")


def vars_of(contract: type[Contract]) -> set[str]:
    """The names of a contract's tests, inherited ones included."""
    return {name for cls in contract.__mro__ for name in vars(cls) if name.startswith("test_")}


def plan(said: Mapping[str, Any], *, dataset: Mapping[str, Any] | None = None) -> Plan:
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
    return plan_of(subject, base | dict(said))


def run(made: Plan, folder: str) -> list[SearchRecord]:
    """Run all searches of a plan in this process."""
    results = Results(folder)
    results.mark(made.suite.name, made.loaded.hash, len(made.searches))
    for planned in made.searches:
        run_here(made, planned, results)
    found = [results.read_search(planned.search_id) for planned in made.searches]
    return [record for record in found if record is not None]


def ended(record: SearchRecord) -> None:
    """Assert that a search ended well, or say how it did not."""
    row = record.search
    assert row["status"] == "ok", f"its search ended as {row['status']}: {row['error_type']}: {row['error_message']}"
