"""The page: one file that needs no network, with its data as JSON beside the text that draws it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from a4g_bench import __version__
from a4g_bench.errors import NotAskedForError, StoreError
from a4g_bench.leaderboard.analyses.across_victims import defended, transfer
from a4g_bench.leaderboard.board import Board, Study, board_of
from a4g_bench.leaderboard.charts import cell_results_of
from a4g_bench.leaderboard.columns import shown
from a4g_bench.reporting.data import by_key, cards, entrants, harms, on_page, provenance, searched, subsets
from a4g_bench.store.tables import ResultTables


def write_page(study: Study, tables: Sequence[ResultTables], out: Path, title: str | None = None) -> Board:
    """Write the report of some results to a file, and return the board in it.

    The file holds everything it shows: it asks for nothing when opened.

    Args:
        study: What is shown, of the selected results.
        tables: The tables that the study was made of, with their audits.
        out: The file to write.
        title: The heading; the suites' names unless given.

    Returns:
        The board in the page.

    Raises:
        StoreError: If the file cannot be written, or tables cannot be read or contradict one another.
    """
    text, board = page_of(study, tables, title)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"'{out}' cannot be written: {error.strerror or error}") from error
    return board


def page_of(study: Study, tables: Sequence[ResultTables], title: str | None = None) -> tuple[str, Board]:
    """The report of some results as one HTML page, and the board in it.

    Args:
        study: What is shown, of the selected results.
        tables: The tables that the study was made of, with their audits.
        title: The heading; the suites' names unless given.

    Returns:
        The page and the board.

    Raises:
        StoreError: If tables cannot be read or contradict one another.
    """
    board = board_of(study)
    cells = by_key(cell_results_of(study, tables))
    run = provenance(tables)
    data: dict[str, Any] = {
        "columns": [column.key for column in on_page(board)],
        "meaning": {column.key: [column.title, column.meaning] for column in board.columns},
        "entrants": entrants(study, board),
        "subsets": subsets(study),
        "searched": searched(cells),
        "harms": harms(cells),
        "transfer": [cell.to_json() for cell in _or_nothing(transfer, tables)],
        "defences": _defences(tables),
        "cells": sorted({"|".join((r.dataset or "", r.victim or "", r.budget_label or "")) for r in board.cells}),
    }
    heading = title or f"Which added rows make a classifier fairer? Suite {', '.join(run['suites'])}"
    environment = Environment(
        loader=PackageLoader("a4g_bench.reporting", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html").render(
        title=heading, board=board, version=__version__, cards=cards(study, tables), run=run, data=_script(data),
        style=_part("report.css"), program=_part("report.js"),
        columns=shown(board.columns, "scores"),
        has_transfer=bool(data["transfer"]), has_defences=bool(data["defences"]["cells"]),
    )  # fmt: skip
    return text, board


def _or_nothing(made: Any, tables: Sequence[ResultTables]) -> Any:
    """The cells, or none where the suite asked for none."""
    try:
        return made(tables)
    except NotAskedForError:
        return ()


def _defences(tables: Sequence[ResultTables]) -> dict[str, Any]:
    cells, prices = _or_nothing(defended, tables) or ((), ())  # both or neither
    return {"cells": [cell.to_json() for cell in cells], "prices": [price.to_json() for price in prices]}


def _script(data: Any) -> Markup:
    """JSON that cannot end the element it stands in, whatever the names in it."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _part(name: str) -> Markup:
    """A part of the page that was written here, as it is."""
    return Markup((Path(__file__).parent / "page" / name).read_text(encoding="utf-8"))
