"""A poison set that somebody brought as a file: validated, audited, and put beside controls of the same size."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from a4g_bench.attacks.base import Poison
from a4g_bench.attacks.controls import Given
from a4g_bench.data.file_description import FileDescription, read_frame
from a4g_bench.data.schema import Schema
from a4g_bench.data.table import Labels
from a4g_bench.engine.local import LocalServices
from a4g_bench.engine.task import Task
from a4g_bench.engine.view import View
from a4g_bench.errors import DataError, VictimError, nearest
from a4g_bench.provenance import host_hash
from a4g_bench.store.claim import Claim
from a4g_bench.store.poison_rows import feature_name
from a4g_bench.store.results import Results
from a4g_bench.suite.model import Named
from a4g_bench.suite.plan import Plan, Subject, plan_of

#: Name of the suite that evaluated sets are results of.
SUITE = "evaluated"
_CONTROLS = ("clean", "random-duplicates", "cell-duplication")


def read_poison(file: str, schema: Schema, folder: Path = Path()) -> Poison:
    """Poison rows from a CSV or Parquet file in a table's raw schema.

    Features by name (``x.<name>``, as results folders have them, will do), numbers as numbers, categories by name; the
    label as ``label`` (0 or 1) or under its own name with its own values. Raises ``DataError`` naming what is wrong.
    """
    description = FileDescription(file=file, target="label", protected=["-"], favourable="1")
    return poison_of(read_frame("poison", description, folder), schema, file)


def poison_of(frame: pd.DataFrame, schema: Schema, where: str) -> Poison:
    """Poison rows from a frame as :func:`read_poison` reads them; ``where`` is named in errors."""
    columns = {feature_name(column): frame[column] for column in frame.columns}
    features = {}
    for feature in schema.features:
        if feature.name not in columns:
            raise DataError(f"{where}: column '{feature.name}' is missing{nearest(feature.name, columns)}")
        values = columns[feature.name]
        if values.isna().any():
            raise DataError(f"{where}: column '{feature.name}' has empty cells")
        if feature.kind == "categorical":
            features[feature.name] = values.astype(str)
        else:
            numbers = pd.to_numeric(values, errors="coerce")
            if not np.isfinite(numbers.to_numpy(dtype=np.float64)).all():
                raise DataError(f"{where}: column '{feature.name}' holds something that is no number")
            features[feature.name] = numbers
    try:
        codes = schema.codes(pd.DataFrame(features))
    except ValueError as error:
        raise DataError(f"{where}: {error}") from error
    return Poison(codes, _labels(where, columns, schema))


def _labels(where: str, columns: dict[str, Any], schema: Schema) -> Labels:
    if "label" in columns and set(columns["label"].astype(str)) <= {"0", "1"}:
        return np.asarray(columns["label"].astype(str), dtype=str).astype(np.int8)
    if schema.label in columns:
        known = {value: code for code, value in enumerate(schema.label_values)}
        values = columns[schema.label].astype(str)
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise DataError(f"{where}: label '{unknown[0]}' is none of {', '.join(known)}")
        return np.array([known[value] for value in values], dtype=np.int8)
    raise DataError(f"{where}: a column 'label' of 0 and 1, or '{schema.label}', is missing")


def evaluate(
    poison: Poison,
    subject: Subject,
    victim: Named,
    seeds: Sequence[int],
    results: Results,
    label: str,
    say: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Audit a poison set on one victim at some seeds, and controls with as many rows; their search identifiers.

    What the folder holds already is not made again. Raises ``DataError`` for rows that are infeasible beside a split's
    training rows or more than these, ``VictimError`` if a victim cannot be trained.
    """
    _check_feasible(poison, subject, seeds)
    plan = _plan(poison, subject, victim, seeds, label)
    known = {row["search_id"] for row in results.read("searches").to_pylist() if row["status"] == "ok"}
    with Claim(results.files, host_hash(), say):
        results.mark(SUITE, plan.loaded.hash, len(plan.searches))
        services = LocalServices(plan, results)
        for planned in plan.searches:
            if planned.search_id in known:
                continue
            say(f"auditing {planned.spec.label}, seed {planned.spec.seed}")
            task = Task(planned, services, suite=SUITE, suite_hash=plan.loaded.hash, attempt=1, cores=1)
            task.prepare(lambda attack: setattr(attack, "rows", poison) if isinstance(attack, Given) else None)
            while not task.step():
                pass
            if task.status != "ok":
                raise VictimError(f"victim '{victim.label}', seed {planned.spec.seed}: {task.row['error_message']}")
    return [planned.search_id for planned in plan.searches]


def _check_feasible(poison: Poison, subject: Subject, seeds: Sequence[int]) -> None:
    for seed in seeds:
        view = View.of(subject.table, subject.attribute, seed)
        if not 1 <= len(poison) <= view.n_train:
            raise DataError(f"{len(poison)} poison rows: between 1 and the {view.n_train} training rows are possible")
        wrong = view.domain.violations(poison.features)
        if wrong:
            raise DataError(f"infeasible rows beside the training rows of seed {seed}: {'; '.join(wrong[:3])}")


def _plan(poison: Poison, subject: Subject, victim: Named, seeds: Sequence[int], label: str) -> Plan:
    entry = {"name": "given", "as": label, "params": {"digest": poison.digest}}
    return plan_of(
        subject,
        {
            "name": SUITE,
            "victims": [victim],
            "attacks": [*_CONTROLS, entry],
            "poison_budgets": [len(poison)],
            "seeds": list(seeds),
        },
    )
