"""``a4g-bench schema``."""

import json

from a4g_bench.cli.output import examples

EXAMPLES = examples("a4g-bench schema > suite.schema.json")


def command() -> None:
    """Print the JSON Schema of a suite file, for editors.

    With '# yaml-language-server: $schema=suite.schema.json' on its first line a suite is checked and completed as it
    is written.
    """
    from a4g_bench.suite.json_schema import suite_schema

    print(json.dumps(suite_schema(), indent=2))
