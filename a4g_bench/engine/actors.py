"""Ray actors around the searches: who holds the data, who audits, who writes."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import ray

from a4g_bench.attacks.attack import Poison
from a4g_bench.data.table import Table
from a4g_bench.engine.audit import Court
from a4g_bench.engine.fitting import FitPool
from a4g_bench.engine.groundwork import Groundwork
from a4g_bench.engine.local import Judge
from a4g_bench.engine.task import Verdict
from a4g_bench.engine.view import View
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.model import Limits
from a4g_bench.suite.plan import Key, Planned

Row = dict[str, Any]
_VIEWS = 16
_GROUNDWORKS = 256
_COMPACT_EVERY = 256


@ray.remote(num_cpus=0)
class Librarian:
    """Hands out the rows a search may see, and keeps groundwork for the searches that share it."""

    def __init__(self, tables: dict[Key, Any], attributes: dict[Key, str]) -> None:
        self._tables = tables  # object references: the rows stay in shared memory
        self._attributes = attributes
        self._views: OrderedDict[tuple[Key, int], Any] = OrderedDict()
        self._groundwork: OrderedDict[str, Groundwork] = OrderedDict()

    def view(self, key: Key, seed: int) -> list[Any]:
        """A reference (in a list, so that Ray does not fetch it here) to the attacker's view."""
        if (key, seed) not in self._views:
            table: Table = ray.get(self._tables[key])
            self._views[key, seed] = ray.put(View.of(table, self._attributes[key], seed))
            if len(self._views) > _VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end((key, seed))
        return [self._views[key, seed]]

    def table(self, key: Key) -> list[Any]:
        """A reference to the whole table: for auditors."""
        return [self._tables[key]]

    def groundwork(self, key: str) -> Groundwork | None:
        """Groundwork that somebody laid, or None."""
        return self._groundwork.get(key)

    def keep_groundwork(self, key: str, groundwork: Groundwork) -> None:
        """Take groundwork for others."""
        self._groundwork[key] = groundwork
        if len(self._groundwork) > _GROUNDWORKS:
            self._groundwork.popitem(last=False)


@ray.remote(num_cpus=0)
class Scribe:
    """The only writer of a results folder."""

    def __init__(self, root: str) -> None:
        self._results = Results(root)
        self._written = 0

    def write(self, finished: SearchRecord) -> None:
        """Write a finished search; now and then, merge small files."""
        self._results.write_search(finished)
        self._written += 1
        if self._written % _COMPACT_EVERY == 0:
            self._results.compact()

    def compact(self) -> None:
        """Merge small files."""
        self._results.compact()

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        """Write a search's journal."""
        self._results.write_journal(search_id, queries)

    def journal(self, search_id: str) -> list[Row]:
        """Read a search's journal."""
        return self._results.read_journal(search_id)

    def baseline(self, baseline_id: str) -> list[Row]:
        """Read a clean audit."""
        return self._results.read_baseline(baseline_id)

    def write_baseline(self, rows: Sequence[Row]) -> None:
        """Write a clean audit."""
        self._results.write_baseline(rows)


@ray.remote(num_cpus=0)
class Auditor:
    """Audits in a process of its own: audit rows never enter the process of a search."""

    def __init__(self, librarian: Any, scribe: Any, limits: Limits, processes: int) -> None:
        self._librarian, self._scribe = librarian, scribe
        self._pool = FitPool(processes, limits)
        self._judge = Judge(self._pool)

    def audit(self, planned: Planned, poison: Poison) -> Verdict:
        """Audit one poison set."""
        table: Table = ray.get(ray.get(self._librarian.table.remote(planned.key))[0])
        court = Court(table, planned.subject.attribute, planned.spec.victim, planned.spec.seed)
        return self._judge.judge(
            court,
            planned.search_id,
            poison,
            lambda baseline_id: ray.get(self._scribe.baseline.remote(baseline_id)),
            lambda rows: ray.get(self._scribe.write_baseline.remote(rows)),
        )

    def close(self) -> None:
        """End the fit processes."""
        self._pool.close()
