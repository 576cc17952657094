"""``a4g-bench merge``."""

from typing import Annotated

import typer

from a4g_bench.cli.output import examples

EXAMPLES = examples(
    "a4g-bench merge /nfs/part-1 /nfs/part-2 --out results/whole",
)


def command(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Results folders of one suite.")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder to make.")],
) -> None:
    """Make one results folder of several of the same suite.

    Every search is there once: complete rather than failed, the latest attempt rather than an earlier one. The folders
    stay as they are.
    """
    from a4g_bench.store.merging import merge
    from a4g_bench.store.results import Results

    merged = merge([Results(folder) for folder in folders], Results(out))
    print(f"{merged} searches of {len(folders)} folders in {out}")
