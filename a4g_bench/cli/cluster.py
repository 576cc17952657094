"""``a4g-bench cluster``."""

from typing import Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.output import Json, examples, print_json

EXAMPLES = examples(
    "a4g-bench cluster check cluster.yaml",
    "a4g-bench cluster check cluster/kuberay.yaml --json",
)

app = typer.Typer(help="Check a cluster file before anything is started.", rich_markup_mode=None, epilog=EXAMPLES)


@app.callback()
def group() -> None:
    """Check a cluster file before anything is started."""


@app.command("check", epilog=EXAMPLES)
def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file for Ray's cluster launcher, or a KubeRay manifest.")
    ],
    as_json: Json = False,
) -> None:
    """Find what is wrong with a cluster file, without starting or asking anything.

    Looks at the schema, lines still to be filled in, credentials and keys, the token, package versions, and ports that
    would be open. Run it where you would run `ray up`. Exit code 0 if all is well, 1 if not.
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
