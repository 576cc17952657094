"""``a4g-bench validate``."""

from a4g_bench.cli.output import AllowImport, Json, Suite, examples, print_json, print_table, remark

EXAMPLES = examples(
    "a4g-bench validate quick",
    "a4g-bench validate my-suite.yaml --json",
)


def command(
    suite: Suite,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Find what is wrong with a suite before running it.

    Checks keys, names, parameters, that the data is there and can be split, that plugins import, that budgets fit.
    """
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan

    plan = make_plan(load_suite(suite, allow_import or ()))
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
