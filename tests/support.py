"""A tiny suite, its results made in this process without Ray, and the command line as a function."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from a4g_bench.cli import main
from a4g_bench.engine.local import run_here
from a4g_bench.store import checksums
from a4g_bench.store.results import Results
from a4g_bench.suite.load import load_suite
from a4g_bench.suite.plan import Plan, make_plan

TINY: Mapping[str, Any] = {
    "name": "tiny",
    "datasets": [{"name": "synthetic", "params": {"rows": 600}}],
    "victims": ["logistic_regression"],
    "attacks": ["clean", "random-duplicates", "sobol"],
    "poison_budgets": ["5%"],
    "query_budgets": [4],
    "batch_size": 2,
    "seeds": 2,
}


class _WrittenOut(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def forge(file: Path, table: pa.Table) -> None:
    """Write a results file that says what no run wrote, with the right checksum and the table's own metadata."""
    metadata = {key: text for key, text in (table.schema.metadata or {}).items() if key.decode() != checksums.KEY}
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema.with_metadata(metadata), write_page_checksum=True) as writer:
        writer.write_table(table.replace_schema_metadata(metadata))
        writer.add_key_value_metadata({checksums.KEY: checksums.BLANK})
    file.write_bytes(checksums.seal(sink.getvalue()))


def write_suite(folder: Path, **changes: Any) -> Path:
    """Write the tiny suite, with some keys changed (None removes one), and return its file."""
    stated = {key: value for key, value in {**TINY, **changes}.items() if value is not None}
    file = folder / "tiny.yaml"
    file.write_text(yaml.dump(stated, Dumper=_WrittenOut, sort_keys=False))
    return file


def plan_of(folder: Path, **changes: Any) -> Plan:
    """The plan of the tiny suite with some keys changed."""
    return make_plan(load_suite(str(write_suite(folder, **changes)), allow_import=["sklearn"]))


def run_inline(plan: Plan, root: Path) -> None:
    """Run all searches of a plan in this process."""
    results = Results(str(root))
    results.mark(plan.suite.name, plan.loaded.hash, len(plan.searches))
    for planned in plan.searches:
        run_here(plan, planned, results)


@dataclass(frozen=True)
class Said:
    """What a command line said and returned."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON, in which NaN and infinity are errors."""

        def refuse(constant: str) -> None:
            raise ValueError(f"{constant} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> Said:
    """Run a command line in this process."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return Said(code, captured.out, captured.err)


def complaint(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command line that must fail as bad input does, and return its one line."""
    answer = said(capsys, *words)
    assert answer.code == 2, answer
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert answer.err.endswith("\n")
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err
    return answer.err.strip()


def python(code: str, *, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, env=env, timeout=120)


def command(*words: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process of its own."""
    arguments: Sequence[str] = [str(word) for word in words]
    code = f"import sys; from a4g_bench.cli import main; sys.exit(main({arguments!r}))"
    return python(code, cwd=cwd, **environment)


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
