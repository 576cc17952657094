"""The tutorial runs as it is written."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Jupyter's own making
def test_the_notebook_runs_and_shows_what_it_showed() -> None:
    kept = nbformat.read(NOTEBOOK, 4)
    again = nbformat.read(NOTEBOOK, 4)
    NotebookClient(again, timeout=300, kernel_name="python3").execute()
    for before, after in zip(kept.cells, again.cells, strict=True):
        if before.cell_type == "code":
            assert shown(after) == shown(before), before.source


def shown(cell: nbformat.NotebookNode) -> list[str]:
    """The text of a cell's results."""
    texts = [output.get("data", {}).get("text/plain") or output.get("text", "") for output in cell.outputs]
    return [json.dumps(text) for text in texts]
