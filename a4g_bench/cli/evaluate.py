"""``a4g-bench evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from a4g_bench.cli.output import AllowImport, Json, completes, examples, remark

EXAMPLES = examples(
    "a4g-bench evaluate rows.csv --dataset adult --victim lightgbm",
    "a4g-bench evaluate rows.parquet --dataset law --attribute race --victim svm --seed 0 --as mine",
)


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Poison rows, CSV or Parquet, in the raw schema.")],
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="A registered data set.", autocompletion=completes("datasets"))
    ],
    victim: Annotated[str, typer.Option(metavar="NAME", help="A victim.", autocompletion=completes("victims"))],
    attribute: Annotated[str | None, typer.Option(metavar="NAME", help="The protected attribute.")] = None,
    rows: Annotated[int | None, typer.Option(metavar="N", min=100, help="The data set capped at N rows.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(metavar="S", min=0, help="Split to audit on (repeatable). Default: 0 to 4.")
    ] = None,
    label: Annotated[str, typer.Option("--as", metavar="LABEL", help="Its name on the board.")] = "given",
    results: Annotated[str, typer.Option(metavar="DIR", help="Where the audits are kept.")] = "results/evaluated",
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Audit a poison set that anybody made, and place it on a board.

    The rows are validated against the raw schema and each split's training rows, added to them as they are, and judged
    on its audit rows beside controls of the same size. A gain counts for the splits whose audit rows were not seen in
    the making of the rows: name those with --seed.
    """
    from a4g_bench.cli.leaderboard import board_of
    from a4g_bench.engine.evaluate import evaluate, read_poison
    from a4g_bench.leaderboard.render import render
    from a4g_bench.store.results import Results
    from a4g_bench.suite.check_victim import check_victim
    from a4g_bench.suite.model import DatasetEntry, Named
    from a4g_bench.suite.plan import load_subject

    entry = DatasetEntry(name=dataset, attribute=attribute, rows=rows)
    trained = Named(name=victim)
    check_victim(trained, allow_import or ())
    subject, note = load_subject(entry, Path())
    if note:
        remark(f"note: {note}")
    poison = read_poison(file, subject.table.schema)
    evaluate(poison, subject, trained, seed or list(range(5)), Results(results), label, remark)
    board = board_of([results], [dataset], [trained.label], [str(len(poison))])
    print(render(board, "json" if as_json else "table").rstrip("\n"))
