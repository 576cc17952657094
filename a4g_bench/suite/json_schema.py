"""The JSON Schema of a suite file, for editors: what may be written where, with the registered names as examples."""

from typing import Any

from a4g_bench import plugins
from a4g_bench.suite.model import SHARE, Suite

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME = r"^\s*\d+(\.\d+)?\s*(s|m|min|h)?\s*$"
_BYTES = r"^\s*\d+(\.\d+)?\s*(k|M|G|kB|MB|GB|MiB|GiB)?\s*$"

#: Lists of the suite whose entries may be a name alone, with the kind of plugin that it names.
_NAMED: dict[str, plugins.Kind] = {
    "datasets": "datasets",
    "victims": "victims",
    "attacks": "attacks",
    "references": "references",
    "defences": "defences",
}


def suite_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). What it cannot say (names that exist, parameters that fit) ``validate`` checks."""
    schema = Suite.model_json_schema()
    definitions = schema["$defs"]
    definitions["PoisonBudget"] = {
        "description": definitions["PoisonBudget"]["description"],
        "anyOf": [{"type": "string", "pattern": f"^{SHARE}$"}, {"type": "integer", "minimum": 1}],
        "examples": ["1%", 50],
    }
    definitions["Objective"] = _or_alone(definitions["Objective"], {"type": "string", "enum": plugins.names("metrics")})
    for name in ("Named", "DatasetEntry", "AttackEntry"):
        definitions[name] = _or_alone(definitions[name], {"type": "string"})
    limits = definitions["Limits"]["properties"]
    limits["time"]["anyOf"].append({"type": "string", "pattern": _TIME})
    limits["memory"]["anyOf"].append({"type": "string", "pattern": _BYTES})
    properties = schema["properties"]
    for key, kind in _NAMED.items():
        properties[key]["examples"] = [plugins.names(kind)]
    seeds = properties["seeds"]
    properties["seeds"] = {
        "title": seeds.pop("title"),
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": seeds["maxItems"]}, seeds],
    }
    return {"$schema": _DIALECT, **schema, "title": "A suite of a4g-bench"}


def _or_alone(mapping: dict[str, Any], alone: dict[str, Any]) -> dict[str, Any]:
    """An entry that may be written as a mapping, or as a name alone."""
    description = mapping.pop("description", "")
    return {"description": description, "anyOf": [alone, mapping]}
