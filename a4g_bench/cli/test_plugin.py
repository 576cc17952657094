"""``a4g-bench test-plugin``."""

from typing import Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.output import Json, examples, print_json
from a4g_bench.errors import A4GError, nearest

EXAMPLES = examples(
    "a4g-bench test-plugin my-attack",
    "a4g-bench test-plugin my-metric --kind metrics",
)


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The plugin's name.")],
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="attacks, datasets, defences, metrics, references or victims."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold a plugin against what the harness relies on.

    The same promises as the classes of a4g_bench.testing, which a package's own tests may subclass. Exit code 1 if one
    is broken.
    """
    from a4g_bench import plugins
    from a4g_bench.testing import CONTRACTS, check

    if kind is not None and kind not in CONTRACTS:
        raise A4GError(f"unknown kind '{kind}'{nearest(kind, CONTRACTS)}")
    kinds = [one for one in CONTRACTS if kind in (None, one) and name in plugins.names(one)]  # type: ignore[arg-type]
    if not kinds:
        known = [other for one in CONTRACTS for other in plugins.names(one)]  # type: ignore[arg-type]
        raise A4GError(f"no plugin '{name}'{nearest(name, known)}")
    found = []
    for one in kinds:
        contract = type("Named", (CONTRACTS[one],), {"name": name})
        for outcome in check(contract):
            found.append({"kind": one, "promise": outcome.promise, "broken": outcome.broken})
            if not as_json:
                told = outcome.promise.removeprefix("test_").replace("_", " ")
                print(f"BROKEN  {told}: {outcome.broken}" if outcome.broken else f"kept    {told}")
    if as_json:
        print_json(found)
    broken = sum(bool(row["broken"]) for row in found)
    if not as_json:
        print(f"{len(found)} promises of {' and '.join(kinds)} '{name}': {broken} broken")
    raise typer.Exit(exit_codes.FAILED if broken else exit_codes.COMPLETE)
