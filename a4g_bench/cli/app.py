"""The typer application: commands by name. Nothing heavy is imported before a command needs it."""

from collections.abc import Sequence
from typing import Annotated

import typer
from click.exceptions import ClickException, Exit
from typer.main import get_command

from a4g_bench import __version__
from a4g_bench.cli import audit, check, exit_codes, leaderboard, list_, plan, run_, show, validate
from a4g_bench.errors import A4GError

app = typer.Typer(
    name="a4g-bench",
    help="Which few added training rows make somebody else's classifier fairer? A benchmark, measured on held-out people.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=(
        "Exit codes: 0 complete, 1 some searches failed, 2 bad usage or input, 3 incomplete (interrupted, limited)."
        " --debug anywhere shows tracebacks. Start with: a4g-bench run quick"
    ),
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


for name, module in (
    ("run", run_),
    ("plan", plan),
    ("validate", validate),
    ("check", check),
    ("leaderboard", leaderboard),
    ("list", list_),
    ("audit", audit),
    ("show", show),
):
    app.command(name, epilog=module.EXAMPLES)(module.command)


def run(arguments: Sequence[str]) -> int:
    """Run a command line. Raises ``A4GError`` for bad usage and bad input."""
    try:
        code = get_command(app).main(list(arguments), prog_name="a4g-bench", standalone_mode=False)
    except Exit as done:
        return done.exit_code
    except ClickException as error:
        if not error.format_message():  # no arguments: the help was printed
            return exit_codes.USAGE
        raise A4GError(error.format_message().replace("\n", " ")) from error
    return code if isinstance(code, int) else exit_codes.COMPLETE
