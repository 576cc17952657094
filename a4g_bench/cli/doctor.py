"""``a4g-bench doctor``."""

from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.output import Json, completes, examples, print_json, print_table

EXAMPLES = examples(
    "a4g-bench doctor",
    "a4g-bench doctor --address auto --results s3://bucket/mine --dataset adult",
)


def command(
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDR", help="A running Ray cluster: auto or HOST:PORT. Default: this machine"),
    ] = None,
    results: Annotated[
        str | None, typer.Option("--results", metavar="DIR", help="A results folder or URI to try to write.")
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A data set to try to load (repeatable).", autocompletion=completes("datasets")
        ),
    ] = None,
    allow_open_cluster: Annotated[
        bool, typer.Option("--allow-open-cluster", help="Use a cluster although it answers without a token.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Examine every node that a run would use.

    Versions against the lock and this machine, threads, memory, disk, shared memory; whether the results can be written
    and the data loaded from there. A results folder that is no URI is written by this machine alone. Exit code 1 if
    anything is wrong; each problem comes with its remedy.
    """
    from a4g_bench import plugins
    from a4g_bench.engine.doctor import GB, examine, locked_versions, problems
    from a4g_bench.engine.provenance import package_versions

    for name in dataset or ():
        plugins.get("datasets", name)
    names = tuple(dataset or ())
    nodes = {"this machine": examine(results, names if address is None else ())}
    if address is not None:
        from a4g_bench.engine.everywhere import on_each_node
        from a4g_bench.engine.options import RunOptions

        everywhere = results if results is not None and "://" in results else None  # a folder is the driver's own
        options = RunOptions(address=address, open_cluster=allow_open_cluster)
        nodes |= on_each_node(options, partial(examine, everywhere, names))
    driver, locked = package_versions(), locked_versions()
    wrong = {where: problems(node, driver, locked) for where, node in nodes.items()}
    if as_json:
        print_json([{"node": where, **asdict(node), "problems": wrong[where]} for where, node in nodes.items()])
    else:
        print_table(
            [
                {
                    "node": where,
                    "cores": node.cores,
                    "memory GB": round(node.memory / GB, 1),
                    "disk GB": round(node.disk / GB, 1),
                    "/dev/shm GB": round(node.shared / GB, 1),
                    "results": _tried(list(node.results.values())),
                    "data": _tried(list(node.data.values())),
                    "problems": len(wrong[where]),
                }
                for where, node in nodes.items()
            ]
        )
        for where, lines in wrong.items():
            for line in lines:
                print(f"{where}: {line}")
    raise typer.Exit(exit_codes.FAILED if any(wrong.values()) else exit_codes.COMPLETE)


def _tried(outcomes: list[str | None]) -> str | None:
    if not outcomes:
        return None
    return "ok" if all(why is None for why in outcomes) else "fails"
