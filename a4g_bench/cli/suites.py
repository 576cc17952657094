"""``plan``, ``validate``, ``schema`` and ``check``: a suite before it is run, and after."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.folders import tell_damaged
from a4g_bench.cli.options import AllowImport, AllowRead, Json, ResultsFolder, Seeds, Suite
from a4g_bench.cli.output import duration, examples, print_json, print_table, remark
from a4g_bench.protocol import FIFTHS

if TYPE_CHECKING:
    from a4g_bench.workflows.forecast import SettingForecast

CHECK_EXAMPLES = examples(
    "a4g-bench check quick",
    "a4g-bench check my-suite.yaml --results /data/mine --json",
)


def check_command(
    suite: Suite,
    results: ResultsFolder = None,
    allow_import: AllowImport = None,
    allow_read: AllowRead = None,
    as_json: Json = False,
) -> None:
    """Hold a suite against its results: complete, failed, missing.

    A result is stale if its place in the suite now asks for something else. Exit code 0 if all searches are complete,
    1 if some failed, 3 if some are missing.
    """
    from a4g_bench.errors import without_secrets
    from a4g_bench.store.results import Results
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.status import suite_status

    plan = make_plan(load_suite(suite, allow_import or (), allow_read=allow_read or ()))
    root = results or f"results/{plan.suite.name}"
    state = suite_status(plan, Results(root))
    counts = {
        "complete": len(state.complete),
        "failed": len(state.failed),
        "missing": len(state.missing),
        "stale": len(state.stale),
    }
    if as_json:
        searches = {name: [p.search_id for p in getattr(state, name)] for name in ("complete", "failed", "missing")}
        print_json(
            {**counts, "searches": searches, "errors": state.errors, "stale": state.stale, "damaged": state.damaged}
        )
    else:
        print_table([{"state": name, "searches": count} for name, count in counts.items()])
        for search_id, error in state.errors.items():
            print(f"failed   {search_id}  {error}")
        for search_id, why in state.stale.items():
            print(f"stale    {search_id}  {why}")
    tell_damaged(root, state.damaged, "; run the suite again to make it anew")
    if state.unsealed:
        remark(
            f"{state.unsealed} files are of an earlier version and bear no checksum: a4g-bench merge"
            f" {without_secrets(root)} --out FOLDER writes a copy that does"
        )
    raise typer.Exit(verdict(bool(state.failed), bool(state.missing)))


def verdict(failed: bool, missing: bool) -> int:
    """The exit code for a suite that has failed or missing searches."""
    if failed:
        return exit_codes.FAILED
    return exit_codes.INCOMPLETE if missing else exit_codes.COMPLETE


VALIDATE_EXAMPLES = examples(
    "a4g-bench validate quick",
    "a4g-bench validate my-suite.yaml --json",
)


def validate_command(
    suite: Suite,
    allow_import: AllowImport = None,
    allow_read: AllowRead = None,
    as_json: Json = False,
) -> None:
    """Find what is wrong with a suite before running it.

    Checks keys, names, parameters, that the data is there and can be split, that plugins import, that budgets fit.
    """
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan

    plan = make_plan(load_suite(suite, allow_import or (), allow_read=allow_read or ()))
    for note in plan.notes:
        remark(f"note: {note}")
    data = [
        {
            "dataset": subject.entry.label,
            "attribute": subject.attribute,
            "rows": len(subject.table),
            "fingerprint": subject.table.fingerprint,
        }
        for subject in plan.subjects.values()
    ]
    if as_json:
        print_json({"suite": plan.suite.name, "searches": len(plan.searches), "datasets": data, "notes": plan.notes})
    else:
        many = "" if len(data) == 1 else "s"
        print(f"suite '{plan.suite.name}' is valid: {len(plan.searches)} searches on {len(data)} data set{many}")
        print_table(data)


SCHEMA_EXAMPLES = examples("a4g-bench schema > suite.schema.json")


def schema_command() -> None:
    """Print the JSON Schema of a suite file, for editors.

    With '# yaml-language-server: $schema=suite.schema.json' on its first line a suite is checked and completed as it
    is written.
    """
    from a4g_bench.suite.json_schema import suite_schema

    print(json.dumps(suite_schema(), indent=2))


_CORES = (2, 16, 128)

PLAN_EXAMPLES = examples(
    "a4g-bench plan quick",
    "a4g-bench plan quick --list",
    "a4g-bench plan my-suite.yaml --results /data/mine --json",
    "a4g-bench plan standard --power sobol random-search",
)


def plan_command(
    suite: Suite,
    results: ResultsFolder = None,
    list_searches: Annotated[bool, typer.Option("--list", help="Also list every search with its state.")] = False,
    power: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="How many seeds two entrants need to be told apart, from the results."),
    ] = None,
    seeds: Seeds = None,
    allow_import: AllowImport = None,
    allow_read: AllowRead = None,
    as_json: Json = False,
) -> None:
    """Say what a suite would run, its time, and what will count.

    Counts what is complete already, times fits and rehearses searches, and judges every setting by the leaderboard's
    rules: from the results where they suffice, else from a few fits on rows that searches see. Starts no Ray.

    With --power: from the results, how many seeds two entrants would need.
    """
    from a4g_bench.distributed import environment

    environment.prepare()  # one thread for numerical libraries, as in a run
    from a4g_bench.leaderboard.records import in_whole_blocks
    from a4g_bench.store.folders import tables_of
    from a4g_bench.store.results import Results
    from a4g_bench.suite.grid import excluded
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.forecast import forecast
    from a4g_bench.workflows.status import suite_status

    plan = make_plan(load_suite(suite, allow_import or (), seeds, allow_read or ()))
    root = results or f"results/{plan.suite.name}"
    if power is not None:
        _print_power(root, *power, as_json=as_json)
        return
    folder = Results(root)
    state = suite_status(plan, folder)
    tables = tables_of([root], {}) if state.complete and folder.manifest() is not None else []
    say = remark if sys.stderr.isatty() else lambda line: None
    expected = forecast(plan, state.missing, state.complete, tables, say)
    states = {p.search_id: name for name in ("complete", "failed", "missing") for p in getattr(state, name)}
    left_out = excluded(plan.suite)
    if as_json:
        listed = [{"search_id": p.search_id, "state": states[p.search_id], **p.place.to_row()} for p in plan.searches]
        print_json(
            {
                "suite": plan.suite.name,
                "searches": len(plan.searches),
                **{name: len(getattr(state, name)) for name in ("complete", "failed", "missing")},
                "excluded": left_out,
                "queries": sum(line.queries for line in expected.settings),
                "fits": sum(line.fits for line in expected.settings),
                "cpu_seconds": expected.cpu_seconds,
                "hours_on_cores": {cores: expected.wall_seconds(cores) / 3600 for cores in _CORES},
                "settings": [asdict(line) for line in expected.settings],
                "notes": plan.notes,
                "list": listed if list_searches else None,
            }
        )
        return
    for note in plan.notes:
        remark(f"note: {note}")
    print(f"suite '{plan.suite.name}', results in {root}")
    again = " (run --retry-errors runs them again)" if state.failed else ""
    print(
        f"{len(plan.searches)} searches: {len(state.complete)} complete, {len(state.failed)} failed{again},"
        f" {len(state.missing)} to run; {left_out} left out by include/exclude"
    )
    print_table([_line(line) for line in expected.settings])
    for line in expected.settings:
        if line.counts is not True:
            verdict_on = "unknown" if line.counts is None else "inconclusive"
            print(f"{line.dataset}/{line.attribute} x {line.victim}: {verdict_on}, {line.reason}")
    counting = sum(line.counts is True for line in expected.settings)
    foreseen = sum(line.source == "forecast" for line in expected.settings)
    source = f" ({foreseen} foreseen from a few fits)" if foreseen else " (judged by the results)"
    print(f"{counting} of {len(expected.settings)} settings count{source if counting else ''}")
    if set(plan.suite.seeds) - in_whole_blocks(plan.suite.seeds):
        remark(f"note: some seeds are of no whole block of {FIFTHS}: settings are judged as with whole blocks")
    machines = ", ".join(f"{duration(expected.wall_seconds(cores))} on {cores} cores" for cores in _CORES)
    print(f"about {duration(expected.cpu_seconds)} of CPU in fits, attacks and Ray; from start to end {machines}")
    print("resolvable: the smallest change of the gap that its yardsticks could tell from nothing (5 %, power 80 %)")
    for attack, why in expected.failed.items():
        remark(f"note: the time of '{attack}' is a guess, its rehearsal failed: {why}")
    if list_searches:
        print_table([{"search": p.search_id, "state": states[p.search_id], **p.place.to_row()} for p in plan.searches])


def _line(line: "SettingForecast") -> dict[str, object]:
    """A setting as the table shows it."""
    return {
        "dataset": line.dataset,
        "attribute": line.attribute,
        "victim": line.victim,
        "searches": line.searches,
        "to run": line.to_run,
        "queries": line.queries,
        "fits": line.fits,
        "s/fit": round(line.fit_seconds, 3),
        "CPU": duration(line.cpu_seconds),
        "clean gap": _points(line.gap),
        "resolvable": _points(line.resolvable),
        "counts": {True: "yes", False: "no", None: "unknown"}[line.counts],
    }


def _points(rate: float | None) -> str | None:
    return None if rate is None else f"{100 * rate:.1f} pts"


def _print_power(root: str, one: str, other: str, *, as_json: bool) -> None:
    from a4g_bench.leaderboard.power import power
    from a4g_bench.store.folders import tables_of

    damaged: dict[str, str] = {}
    told = power(tables_of([root], damaged), one, other)
    for name, why in damaged.items():
        remark(f"damaged: {name} ({why})")
    if as_json:
        print_json({"power": told.to_json()})
        return
    print(f"{told.one} less {told.other}, GC@1 over {told.settings} settings, from {root}")
    print(f"difference {told.difference:+.3f} [{told.low:+.3f}, {told.high:+.3f}] with {told.seeds} seeds")
    at_most = "at most " if told.people_limit else ""
    print(f"standard error {told.error:.4f}; {at_most}{told.error_people:.4f} of it stays with any number of seeds")
    print_table([{"seeds": seeds, "error": f"{error:.4f}"} for seeds, error in told.errors.items()])
    print("seeds at which a true difference of this size is seen with 80 % power:")
    for test, needed in (
        ("this pair alone (5 %)", told.needed),
        (f"ranked, first of {told.pairs} pairs by Holm", told.needed_ranked),
    ):
        print(f"  {test}: {needed if needed is not None else 'no number of seeds suffices on these tables'}")
    if told.people_limit:
        print(
            "everybody was audited once so far: what is put down to the people is an upper limit, and so are the seeds"
        )
