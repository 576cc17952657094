"""``a4g-bench audit``."""

from typing import Annotated, Any

import typer

from a4g_bench.cli.output import Json, print_json, print_table, remark

EXAMPLES = (
    "Examples:  a4g-bench audit compas    a4g-bench audit adult --victim logistic_regression --attribute race"
    "    a4g-bench audit loans.csv --target approved --favourable yes --protected sex"
)


def command(
    dataset: Annotated[str, typer.Argument(help="A data set's name, or a CSV or Parquet file.")],
    victim: Annotated[str, typer.Option(help="The victim to train.")] = "lightgbm",
    attribute: Annotated[str | None, typer.Option(help="Protected attribute. Default: the first.")] = None,
    rows: Annotated[int | None, typer.Option(min=100, help="Use a stratified sample of this many rows.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Splits; five audit every row once.")] = 5,
    target: Annotated[str | None, typer.Option(help="For a file: the column of the label.")] = None,
    favourable: Annotated[str | None, typer.Option(help="For a file: the label a person would wish for.")] = None,
    protected: Annotated[list[str] | None, typer.Option(help="For a file: a protected column (repeatable).")] = None,
    as_json: Json = False,
) -> None:
    """Look at a data set before attacking: its schema, its groups, a clean victim's rates per group, is it rankable."""
    from pathlib import Path

    from a4g_bench.engine.clean_audit import clean_audit
    from a4g_bench.errors import A4GError
    from a4g_bench.suite.model import DatasetEntry, Named
    from a4g_bench.suite.plan import load_subject

    if target is not None or favourable is not None or protected:
        if target is None or favourable is None or not protected:
            raise A4GError("a file needs all of --target, --favourable and --protected")
        entry = _own_table(dataset, target, favourable, protected, attribute, rows)
    elif Path(dataset).is_file():
        raise A4GError(f"'{dataset}' is a file: say --target, --favourable and --protected")
    else:
        entry = DatasetEntry(name=dataset, attribute=attribute, rows=rows)
    subject, _ = load_subject(entry, Path.cwd())
    told = clean_audit(subject, Named(name=victim), seeds)
    if as_json:
        print_json(told)
        return
    for caution in subject.table.cautions:
        remark(f"caution: {caution}")
    _print(told)


def _own_table(
    file: str, target: str, favourable: str, protected: list[str], attribute: str | None, rows: int | None
) -> Any:
    import re
    from pathlib import Path

    from a4g_bench.data.files import FileDescription
    from a4g_bench.suite.model import DatasetEntry

    source = FileDescription(file=file, target=target, favourable=favourable, protected=protected)
    name = re.sub(r"[^\w.+-]", "-", Path(file).stem) or "table"
    return DatasetEntry(name=name, attribute=attribute, rows=rows, source=source)


def _print(told: dict[str, Any]) -> None:
    print(f"{told['dataset']}: {told['rows']} rows, fingerprint {told['fingerprint']}")
    print(f"source: {told['source']}")
    label = told["label"]
    print(
        f"label '{label['name']}': 0 = {label['values'][0]}, 1 = {label['values'][1]}; favourable is {label['favourable']}\n"
    )
    print_table(told["schema"])
    print(
        f"\ngroups of '{told['attribute']}' and a clean {told['victim']} over {told['seeds']} splits (95 % intervals)"
    )
    print_table([{key: _range(value) for key, value in group.items()} for group in told["groups"]])
    print(f"\naccuracy {told['accuracy']:.4f}; gap of the harm rates ({told['harm']}) {_range(told['gap'])}")
    print(f"rankable: {'yes' if told['rankable'] else 'no'}{' - ' + told['reason'] if told['reason'] else ''}")


def _range(value: Any) -> Any:
    if isinstance(value, dict):
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    return value
