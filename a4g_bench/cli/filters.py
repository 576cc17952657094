"""Options that commands on stored results share: which folders, and what of them."""

from typing import Annotated

import typer

from a4g_bench.cli.output import completes

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
