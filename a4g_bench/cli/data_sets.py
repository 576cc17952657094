"""``inspect`` and ``evaluate``: a data set before any attack, and poison rows that somebody brings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.options import AllowImport, Json, completes
from a4g_bench.cli.output import examples, print_json, print_table, remark

if TYPE_CHECKING:
    from a4g_bench.figures.style import Format
    from a4g_bench.suite.model import DatasetEntry


EVALUATE_EXAMPLES = examples(
    "a4g-bench evaluate rows.csv --dataset adult --victim lightgbm",
    "a4g-bench evaluate rows.parquet --dataset law --attribute race --victim svm --seed 0 --as mine",
)


def evaluate_command(
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
    """Audit rows that anybody made, and place them on a board.

    The rows are validated against the raw schema and each split's training rows, added to them as they are, and judged
    on its audit rows beside controls of the same size. A gain counts for the splits whose audit rows were not seen in
    the making of the rows: name those with --seed.
    """
    from a4g_bench.cli.folders import board_of
    from a4g_bench.leaderboard.render import render
    from a4g_bench.store.results import Results
    from a4g_bench.suite.check import check_victim
    from a4g_bench.suite.model import DatasetEntry, Named
    from a4g_bench.suite.plan import load_subject
    from a4g_bench.workflows.evaluate import evaluate, read_poison

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


INSPECT_EXAMPLES = examples(
    "a4g-bench inspect compas",
    "a4g-bench inspect adult --victim logistic_regression --attribute race",
    "a4g-bench inspect compas --figure compas.png",
    "a4g-bench inspect loans.csv --target approved --favourable yes --protected sex",
)


def inspect_command(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A data set's name, or a CSV or Parquet file.",
            autocompletion=completes("datasets"),
        ),
    ],
    victim: Annotated[
        str, typer.Option(metavar="NAME", help="The victim to train.", autocompletion=completes("victims"))
    ] = "lightgbm",
    attribute: Annotated[
        str | None, typer.Option(metavar="NAME", help="Protected attribute. Default: the first.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(metavar="N", min=100, help="Use a stratified sample of this many rows.")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Splits; five audit every row once.")] = 5,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="For a file: the column of the label.")] = None,
    favourable: Annotated[
        str | None, typer.Option(metavar="VALUE", help="For a file: the label a person would wish for.")
    ] = None,
    protected: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="For a file: a protected column (repeatable).")
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Draw the rates per group to this .png or .svg (extra 'figures')."),
    ] = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Look at a data set before attacking it.

    Prints the schema as inferred, the groups and their sizes, a clean victim's rates and AUC per group with intervals,
    and whether attacks on the pair can be ranked.
    """
    from pathlib import Path

    from pydantic import ValidationError

    from a4g_bench.errors import A4GError
    from a4g_bench.suite.check import check_victim
    from a4g_bench.suite.model import Named
    from a4g_bench.suite.plan import load_subject
    from a4g_bench.workflows.inspect_data import inspect_data

    form = _form(figure)
    try:
        trained = Named(name=victim)
        entry = _entry(dataset, attribute, rows, target, favourable, protected)
    except ValidationError as error:
        raise A4GError(str(error.errors()[0].get("ctx", {}).get("error", error.errors()[0]["msg"]))) from error
    check_victim(trained, allow_import or ())
    subject, _ = load_subject(entry, Path.cwd())
    facts = inspect_data(subject, trained, seeds)
    if figure is not None and form is not None:
        _draw(facts, figure, form)
    if as_json:
        print_json(facts)
        return
    for caution in subject.table.cautions:
        remark(f"caution: {caution}")
    _print(facts)


def _form(figure: str | None) -> "Format | None":
    """The format that a figure's name asks for. Raises ``A4GError`` before anything is trained in vain."""
    from a4g_bench.cli.pages import formats
    from a4g_bench.errors import A4GError
    from a4g_bench.figures import need_matplotlib

    if figure is None:
        return None
    suffix = figure.rpartition(".")[2].lower()
    if suffix not in ("png", "svg"):
        raise A4GError(f"--figure '{figure}': name a file that ends in .png or .svg")
    need_matplotlib()
    return formats(suffix)[0]


def _draw(facts: dict[str, Any], figure: str, form: "Format") -> None:
    from a4g_bench.figures.bars import clean
    from a4g_bench.figures.style import render, styled
    from a4g_bench.store.files import Files

    folder, slash, name = figure.rpartition("/")
    with styled():
        Files(folder or slash or ".").write(name, render(clean(facts), form))
    remark(f"figure: {figure}")


def _entry(
    dataset: str,
    attribute: str | None,
    rows: int | None,
    target: str | None,
    favourable: str | None,
    protected: list[str] | None,
) -> "DatasetEntry":
    """What a suite would say of the data set. Raises ``A4GError`` where the options do not fit together."""
    import re
    from pathlib import Path

    from a4g_bench import plugins
    from a4g_bench.data.file_description import FileDescription, is_table
    from a4g_bench.errors import A4GError
    from a4g_bench.suite.model import DatasetEntry

    if not is_table(dataset):
        plugins.get("datasets", dataset)
        if target is not None or favourable is not None or protected:
            raise A4GError(f"'{dataset}': --target, --favourable and --protected describe a CSV or Parquet file")
        return DatasetEntry(name=dataset, attribute=attribute, rows=rows)
    options = {"--target": target, "--favourable": favourable, "--protected": protected}
    if lacking := [option for option, value in options.items() if not value]:
        raise A4GError(f"file '{dataset}': say also {' and '.join(lacking)}")
    source = FileDescription.model_validate(
        {"file": dataset, "target": target, "favourable": favourable, "protected": protected}
    )
    name = re.sub(r"[^\w.+-]", "-", Path(dataset).stem) or "table"
    return DatasetEntry(name=name, attribute=attribute, rows=rows, source=source)


def _print(facts: dict[str, Any]) -> None:
    label = facts["label"]
    zero, one = label["values"]
    print(f"{facts['dataset']}: {facts['rows']} rows from {facts['source']} (fingerprint {facts['fingerprint']})")
    print(f"label '{label['name']}': 0 = {zero}, 1 = {one}; favourable: {label['values'][label['favourable']]}\n")
    print_table(facts["schema"])
    splits = "1 split" if facts["seeds"] == 1 else f"{facts['seeds']} splits"
    print(f"\ngroups of '{facts['attribute']}', with a clean {facts['victim']} over {splits} (95 % intervals)\n")
    print_table([{key: _range(value) for key, value in group.items()} for group in facts["groups"]])
    if facts["no_auc"]:
        print(f"\nno AUC: {facts['no_auc']}")
    print(f"\naccuracy  {facts['accuracy']:.3f}")
    print(f"gap       {_range(facts['gap'])} between the groups' {facts['harm']}, the harm of this label")
    print(f"counts    {'yes' if facts['counts'] else 'inconclusive: ' + facts['reason']}")


def _range(value: Any) -> Any:
    if isinstance(value, dict):
        interval = "" if value["low"] is None else f" [{value['low']:.3f}, {value['high']:.3f}]"
        return f"{value['value']:.3f}{interval}"
    return value
