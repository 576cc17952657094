"""The typer application: commands by name. Nothing heavy is imported before a command needs it."""

import os
from collections.abc import Sequence
from typing import Annotated, cast

import typer
from typer.main import get_command

from a4g_bench import __version__
from a4g_bench.cli import (
    boards,
    data_sets,
    exit_codes,
    machines,
    pages,
    plugin_tools,
    results,
    runs,
    searches,
    suites,
    treatments,
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


for name, command, shown in (
    ("run", runs.run_command, runs.RUN_EXAMPLES),
    ("plan", suites.plan_command, suites.PLAN_EXAMPLES),
    ("validate", suites.validate_command, suites.VALIDATE_EXAMPLES),
    ("schema", suites.schema_command, suites.SCHEMA_EXAMPLES),
    ("check", suites.check_command, suites.CHECK_EXAMPLES),
    ("status", runs.status_command, runs.STATUS_EXAMPLES),
    ("leaderboard", boards.leaderboard_command, boards.LEADERBOARD_EXAMPLES),
    ("merge", results.merge_command, results.MERGE_EXAMPLES),
    ("clean", results.clean_command, results.CLEAN_EXAMPLES),
    ("export", searches.export_command, searches.EXPORT_EXAMPLES),
    ("evaluate", data_sets.evaluate_command, data_sets.EVALUATE_EXAMPLES),
    ("curves", boards.curves_command, boards.CURVES_EXAMPLES),
    ("variance", boards.variance_command, boards.VARIANCE_EXAMPLES),
    ("versus", boards.versus_command, boards.VERSUS_EXAMPLES),
    ("compare", boards.compare_command, boards.COMPARE_EXAMPLES),
    ("replay", searches.replay_command, searches.REPLAY_EXAMPLES),
    ("transfer", treatments.transfer_command, treatments.TRANSFER_EXAMPLES),
    ("defences", treatments.defences_command, treatments.DEFENCES_EXAMPLES),
    ("report", pages.report_command, pages.REPORT_EXAMPLES),
    ("figures", pages.figures_command, pages.FIGURES_EXAMPLES),
    ("list", plugin_tools.list_command, plugin_tools.LIST_EXAMPLES),
    ("new", plugin_tools.new_command, plugin_tools.NEW_EXAMPLES),
    ("test-plugin", plugin_tools.check_plugin_command, plugin_tools.TEST_PLUGIN_EXAMPLES),
    ("inspect", data_sets.inspect_command, data_sets.INSPECT_EXAMPLES),
    ("show", searches.show_command, searches.SHOW_EXAMPLES),
    ("doctor", machines.doctor_command, machines.DOCTOR_EXAMPLES),
    ("completion", machines.completion_command, machines.COMPLETION_EXAMPLES),
):
    app.command(name, epilog=shown)(command)
app.command("audit", epilog=data_sets.INSPECT_EXAMPLES, hidden=True)(data_sets.inspect_command)  # its old name
app.add_typer(machines.app, name="cluster")


def run(arguments: Sequence[str]) -> int:
    """Run a command line. Raises ``A4GError`` for bad usage and bad input."""
    if machines.VARIABLE in os.environ:
        machines.prepare()
    try:
        code = get_command(app).main(list(arguments), prog_name="a4g-bench", standalone_mode=False)
    except typer.Exit as done:
        return int(done.exit_code)
    except _UsageError as error:
        raise A4GError(_usage(error)) from error
    return code if isinstance(code, int) else exit_codes.COMPLETE


def _usage(error: BaseException) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    message = " ".join(message.replace("Value error, ", "").replace("Input should", "must").split()).rstrip(".")
    command = getattr(getattr(error, "ctx", None), "command_path", "a4g-bench")
    return f"{message[:1].lower()}{message[1:]} ({command} --help)"
