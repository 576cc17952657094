"""``a4g-bench completion``."""

from enum import StrEnum
from typing import Annotated

import typer

from a4g_bench.cli.output import examples

VARIABLE = "_A4G_BENCH_COMPLETE"
"""The environment variable by which a shell asks for completions."""

EXAMPLES = examples(
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


def command(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print a script that completes commands, options and names."""
    from typer import completion

    print(completion.get_completion_script(prog_name="a4g-bench", complete_var=VARIABLE, shell=shell.value))  # type: ignore[attr-defined]  # Typer's tests use it, its exports do not name it


def prepare() -> None:
    """Teach Typer to answer a shell that asks; without Typer's own options nobody else does it."""
    from typer import completion

    completion.completion_init()  # type: ignore[attr-defined]  # as above
