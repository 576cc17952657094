"""``a4g-bench list``."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer

from a4g_bench.cli.output import Json, examples, print_json, print_table
from a4g_bench.errors import A4GError

EXAMPLES = examples(
    "a4g-bench list attacks",
    "a4g-bench list datasets --json",
)


class What(StrEnum):
    """What can be listed."""

    datasets = "datasets"
    victims = "victims"
    attacks = "attacks"
    references = "references"
    defences = "defences"
    metrics = "metrics"
    suites = "suites"


def command(
    what: Annotated[
        What,
        typer.Argument(metavar="WHAT", help="datasets, victims, attacks, references, defences, metrics or suites."),
    ],
    as_json: Json = False,
) -> None:
    """List what a suite can name, with its state here.

    The state: installed, cached, needs the network, needs an extra.
    """
    rows = _LISTS[what]()
    if as_json:
        print_json(rows)
    else:
        print_table(rows)


def _plugins(kind: Any, describe: Any) -> list[dict[str, Any]]:
    from a4g_bench import plugins

    rows = []
    for name in plugins.names(kind):
        try:
            rows.append({"name": name, **describe(plugins.get(kind, name))})
        except A4GError as error:
            rows.append({"name": name, "state": "broken", "summary": str(error)})
    heading = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in heading} for row in rows]


def _datasets() -> list[dict[str, Any]]:
    def describe(source: Any) -> dict[str, Any]:
        attributes = " ".join(source.attributes) or None
        return {"state": source().state(), "attributes": attributes, "summary": source.summary}

    return _plugins("datasets", describe)


def _state(packages: Iterable[str]) -> str:
    """Whether the packages that a plugin needs are here, without importing them."""
    from a4g_bench.suite.versions import versions

    lacking = [package for package, version in versions(tuple(packages)).items() if version == "none"]
    return f"needs {' '.join(lacking)}" if lacking else "installed"


def _victims() -> list[dict[str, Any]]:
    def describe(victim: Any) -> dict[str, Any]:
        return {"state": _state(victim.packages), "summary": victim.summary}

    imported = {"name": "MODULE:CLASS", "state": "by import path", "summary": "any scikit-learn-compatible classifier"}
    return [*_plugins("victims", describe), imported]


def _attacks() -> list[dict[str, Any]]:
    def describe(attack: Any) -> dict[str, Any]:
        threat = attack.threat
        return {
            "state": _state(attack.packages),
            "role": threat.role,
            "knowledge": threat.knowledge,
            "labels": threat.labels,
            "rows": threat.row_origin,
            "summary": attack.summary,
        }

    return _plugins("attacks", describe)


def _treatments(kind: str) -> list[dict[str, Any]]:
    return _plugins(kind, lambda built: {"state": _state(built.packages), "summary": built.summary})


def _metrics() -> list[dict[str, Any]]:
    return _plugins("metrics", lambda metric: {"state": "installed", "summary": metric.summary})


def _suites() -> list[dict[str, Any]]:
    from a4g_bench.suite.builtin import builtin_names
    from a4g_bench.suite.load import load_suite

    return [
        {"name": name, "state": "installed", "summary": load_suite(name).suite.description} for name in builtin_names()
    ]


_LISTS = {
    What.datasets: _datasets,
    What.victims: _victims,
    What.attacks: _attacks,
    What.references: lambda: _treatments("references"),
    What.defences: lambda: _treatments("defences"),
    What.metrics: _metrics,
    What.suites: _suites,
}
