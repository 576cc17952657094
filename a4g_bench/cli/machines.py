"""``doctor``, ``cluster`` and ``completion``: what a machine, a cluster file and a shell need."""

from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.options import Json, completes
from a4g_bench.cli.output import examples, print_json, print_table

CLUSTER_EXAMPLES = examples(
    "a4g-bench cluster check cluster.yaml",
    "a4g-bench cluster check cluster/kuberay.yaml --json",
)

app = typer.Typer(
    help="Check a cluster file before anything is started.", rich_markup_mode=None, epilog=CLUSTER_EXAMPLES
)


@app.callback()
def group() -> None:
    """Check a cluster file before anything is started."""


@app.command("check", epilog=CLUSTER_EXAMPLES)
def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file for Ray's cluster launcher, or a KubeRay manifest.")
    ],
    as_json: Json = False,
) -> None:
    """Find what is wrong with a cluster file.

    Without starting or asking anything: the schema, lines still to be filled in, credentials and keys, the token,
    package versions, and ports that would be open. Run it where you would run `ray up`. Exit code 0 if all is well, 1
    if not.
    """
    from a4g_bench.cluster.check import check_file

    checked = check_file(file)
    if as_json:
        listed = [{"where": p.where, "what": p.what, "remedy": p.remedy} for p in checked.problems]
        print_json({"file": file, "kind": checked.kind, "ok": not listed, "problems": listed})
    else:
        for problem in checked.problems:
            print(problem)
        if not checked.problems:
            print(f"{file}: nothing wrong ({checked.kind})")
    raise typer.Exit(exit_codes.FAILED if checked.problems else exit_codes.COMPLETE)


DOCTOR_EXAMPLES = examples(
    "a4g-bench doctor",
    "a4g-bench doctor --address auto --results s3://bucket/mine --dataset adult",
)


def doctor_command(
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
    from a4g_bench.provenance import locked_versions, package_versions
    from a4g_bench.workflows.doctor import GB, examine, problems

    for name in dataset or ():
        plugins.get("datasets", name)
    names = tuple(dataset or ())
    nodes = {"this machine": examine(results, names if address is None else ())}
    if address is not None:
        from a4g_bench.distributed import environment
        from a4g_bench.distributed.options import RunOptions

        environment.prepare()
        from a4g_bench.distributed.ray_runtime import on_each_node

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


VARIABLE = "_A4G_BENCH_COMPLETE"
"""The environment variable by which a shell asks for completions."""

COMPLETION_EXAMPLES = examples(
    'eval "$(a4g-bench completion bash)"          # in ~/.bashrc',
    'eval "$(a4g-bench completion zsh)"           # in ~/.zshrc',
    "a4g-bench completion fish > ~/.config/fish/completions/a4g-bench.fish",
)


class Shell(StrEnum):
    """A shell that can be taught."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"
    powershell = "powershell"


def completion_command(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print a script that completes commands, options and names."""
    from typer import completion

    print(completion.get_completion_script(prog_name="a4g-bench", complete_var=VARIABLE, shell=shell.value))  # type: ignore[attr-defined]  # Typer's tests use it, its exports do not name it


def prepare() -> None:
    """Teach Typer to answer a shell that asks; without Typer's own options nobody else does it."""
    from typer import completion

    completion.completion_init()  # type: ignore[attr-defined]  # as above
