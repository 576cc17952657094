"""The command line. A command parses, makes one call, and turns the answer into an exit code."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TextIO, cast

from a4g_bench.cli import exit_codes

#: Characters of an error's line.
_LONGEST = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one line on standard error."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    from a4g_bench.cli.app import run
    from a4g_bench.cli.output import Printable, remark
    from a4g_bench.errors import A4GError

    try:
        with redirect_stdout(cast(TextIO, Printable(sys.stdout))):
            return run(arguments)
    except A4GError as error:
        if debug:
            raise
        remark(_line(f"error: {error}"))
        return exit_codes.USAGE
    except KeyboardInterrupt:
        remark("interrupted")
        return exit_codes.INCOMPLETE
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        sys.stderr.close()
        return exit_codes.COMPLETE
    except Exception as error:
        if debug:
            raise
        remark(_line(f"internal error: {type(error).__name__}: {error}") + " (--debug shows where; please report it)")
        return exit_codes.INTERNAL


def _line(message: str) -> str:
    """One line that a terminal can take, whatever an error repeats."""
    line = " ".join(message.split())
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} ... {line[-half:]}"
