"""The command line. One module per command: it parses, makes one call, and turns the answer into an exit code."""

import sys
from collections.abc import Sequence

from a4g_bench.cli import exit_codes


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one line on standard error."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    from a4g_bench.cli.app import run
    from a4g_bench.errors import A4GError

    try:
        return run(arguments)
    except A4GError as error:
        if debug:
            raise
        return _say(f"error: {error}", exit_codes.USAGE)
    except KeyboardInterrupt:
        return _say("interrupted", exit_codes.INCOMPLETE)
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        sys.stderr.close()
        return exit_codes.COMPLETE
    except Exception as error:
        if debug:
            raise
        return _say(
            f"internal error: {type(error).__name__}: {error} (--debug shows where; please report it)",
            exit_codes.INTERNAL,
        )


def _say(line: str, code: int) -> int:
    sys.stderr.write(" ".join(line.split()) + "\n")
    return code
