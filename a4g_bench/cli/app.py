"""The typer application: commands by name. Nothing heavy is imported before a command needs it."""

import os
from collections.abc import Sequence
from typing import Annotated, cast

import typer
from typer.main import get_command

from a4g_bench import __version__
from a4g_bench.cli import (
    audit,
    check,
    clean,
    cluster,
    compare,
    completion,
    curves,
    defences,
    doctor,
    evaluate,
    exit_codes,
    export,
    figures,
    leaderboard,
    list_,
    merge,
    new,
    plan,
    replay,
    report,
    run_,
    schema,
    show,
    status,
    test_plugin,
    transfer,
    validate,
    variance,
    versus,
)
from a4g_bench.cli.output import examples
from a4g_bench.errors import A4GError

# Typer's usage errors have a common base that its newer versions keep in a private package and its older ones took from
# click: BadParameter -> UsageError -> this one.
_UsageError = cast(type[Exception], typer.BadParameter.__mro__[2])

app = typer.Typer(
    name="a4g-bench",
    help="Which few added training rows make somebody else's classifier fairer? Measured on held-out people.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=(
        examples("a4g-bench run quick", "a4g-bench list attacks", "a4g-bench COMMAND --help")
        + "\n\nExit codes: 0 complete, 1 some searches failed, 2 bad usage or input, 3 incomplete (interrupted, limited"
        " or not run yet). --debug anywhere shows tracebacks."
    ),
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(exit_codes.USAGE)


for name, module in (
    ("run", run_),
    ("plan", plan),
    ("validate", validate),
    ("schema", schema),
    ("check", check),
    ("status", status),
    ("leaderboard", leaderboard),
    ("merge", merge),
    ("clean", clean),
    ("export", export),
    ("evaluate", evaluate),
    ("curves", curves),
    ("variance", variance),
    ("versus", versus),
    ("compare", compare),
    ("replay", replay),
    ("transfer", transfer),
    ("defences", defences),
    ("report", report),
    ("figures", figures),
    ("list", list_),
    ("new", new),
    ("test-plugin", test_plugin),
    ("audit", audit),
    ("show", show),
    ("doctor", doctor),
    ("completion", completion),
):
    app.command(name, epilog=module.EXAMPLES)(module.command)
app.add_typer(cluster.app, name="cluster")


def run(arguments: Sequence[str]) -> int:
    """Run a command line. Raises ``A4GError`` for bad usage and bad input."""
    if completion.VARIABLE in os.environ:
        completion.prepare()
    try:
        code = get_command(app).main(list(arguments), prog_name="a4g-bench", standalone_mode=False)
    except typer.Exit as done:
        return int(done.exit_code)
    except _UsageError as error:
        raise A4GError(_usage(error)) from error
    return code if isinstance(code, int) else exit_codes.COMPLETE


def _usage(error: BaseException) -> str:
    told = error.format_message() if hasattr(error, "format_message") else str(error)
    told = " ".join(told.replace("Value error, ", "").replace("Input should", "must").split()).rstrip(".")
    command = getattr(getattr(error, "ctx", None), "command_path", "a4g-bench")
    return f"{told[:1].lower()}{told[1:]} ({command} --help)"
