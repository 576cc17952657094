"""Options and arguments that several commands share."""

from collections.abc import Callable
from typing import Annotated, Literal

import typer

Suite = Annotated[
    str,
    typer.Argument(
        metavar="SUITE", help="A suite file, or the name of a built-in suite.", autocompletion=lambda: _suites()
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AllowImport = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-import",
        metavar="MODULE",
        envvar="A4G_ALLOW_IMPORT",
        show_envvar=False,
        help="Victims by import path may come from this module or below it (repeatable). Their code is run.",
    ),
]
AllowRead = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-read",
        metavar="PLACE",
        envvar="A4G_ALLOW_READ",
        show_envvar=False,
        help="Tables outside the suite's folder may be read from this path or URI, or below it (repeatable).",
    ),
]
Seeds = Annotated[int | None, typer.Option(metavar="N", help="Only the suite's first N seeds. Default: all of them.")]
ResultsFolder = Annotated[
    str | None, typer.Option("--results", metavar="DIR", help="Results folder. Default: results/<suite name>.")
]


def _suites() -> list[str]:
    from a4g_bench.suite.load import builtin_names

    return builtin_names()


def completes(kind: Literal["datasets", "victims", "attacks"]) -> Callable[[], list[str]]:
    """For shell completion: the registered names, without importing what they name."""

    def names() -> list[str]:
        from a4g_bench import plugins

        return plugins.names(kind)

    return names


Folders = Annotated[
    list[str] | None, typer.Argument(metavar="DIR", help="Results folders. Default: the one below results/.")
]
Datasets = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset", metavar="NAME", help="Only this data set (repeatable).", autocompletion=completes("datasets")
    ),
]
Victims = Annotated[
    list[str] | None,
    typer.Option(
        "--victim", metavar="NAME", help="Only this victim (repeatable).", autocompletion=completes("victims")
    ),
]
Budgets = Annotated[
    list[str] | None,
    typer.Option("--budget", metavar="BUDGET", help="Only this poison budget, such as 1% (repeatable)."),
]
Attacks = Annotated[
    list[str] | None,
    typer.Option(
        "--attack", metavar="NAME", help="Only this attack (repeatable).", autocompletion=completes("attacks")
    ),
]
SearchId = Annotated[str, typer.Argument(metavar="SEARCH_ID", help="Identifier of a search, or its beginning.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--results", metavar="DIR", help="Where to look (repeatable). Default: below results/."),
]
