"""``a4g-bench validate``."""

from typing import Annotated

import typer

from a4g_bench.cli.output import Json, print_json, remark

EXAMPLES = "Examples:  a4g-bench validate quick    a4g-bench validate my-suite.yaml --json"


def command(
    suite: Annotated[str, typer.Argument(help="A suite file, or the name of a built-in suite.")],
    as_json: Json = False,
) -> None:
    """Find everything that can be wrong with a suite before running it: keys, names, parameters, data, splits."""
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan

    plan = make_plan(load_suite(suite))
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
        print(f"suite '{plan.suite.name}' is valid: {len(plan.searches)} searches on {len(data)} data sets")
