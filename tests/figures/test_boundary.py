"""The boundary's figure: what it draws, that it needs no colour, and that nothing else imports matplotlib."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from a4g_bench.attacks.base import Poison, join
from a4g_bench.data.generated import GaussianGroups, Synthetic
from a4g_bench.errors import DataError
from a4g_bench.figures.boundary import boundary
from tests.support import python

TABLE = GaussianGroups().load(rows=400)
POISON = Poison(np.array([[-9.0, 9.0, 0], [-8.0, 8.0, 0], [9.0, -9.0, 1]]), np.array([1, 1, 0], dtype=np.int8))


def test_points_poison_and_both_boundaries_are_drawn_and_named(tmp_path: Path) -> None:
    figure = boundary(TABLE, POISON)
    [axes] = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")
    drawn = {str(line.get_label()): len(line.get_xdata()) for line in axes.lines}  # type: ignore[arg-type]
    assert sum(n for name, n in drawn.items() if "accepted" in name) == len(TABLE)
    assert drawn["poison, favourable"] == 2
    assert drawn["poison, unfavourable"] == 1
    names = [text.get_text() for text in figure.legends[0].texts]
    assert set(names) == {*drawn, "clean boundary", "poisoned boundary"}
    assert len(axes.collections) == 2
    figure.savefig(tmp_path / "boundary.png")
    assert (tmp_path / "boundary.png").stat().st_size > 10_000


def test_the_poisoned_boundary_is_another_one_unless_there_is_no_poison() -> None:
    moved, same = (boundary(TABLE, poison).axes[0].collections for poison in (POISON, join([], 3)))
    lines = [np.concatenate([path.vertices for path in one.get_paths()]) for one in (*moved, *same)]
    assert np.array_equal(lines[2], lines[3])
    assert lines[0].shape != lines[1].shape or not np.allclose(lines[0], lines[1])


def test_shape_fill_and_lightness_tell_what_colour_does() -> None:
    axes = boundary(TABLE, POISON).axes[0]
    looks = {(line.get_marker(), line.get_fillstyle()) for line in axes.lines}
    assert len(looks) == len(axes.lines)
    lightness = [np.dot(to_rgb(line.get_color()), (0.21, 0.72, 0.07)) for line in axes.lines]  # type: ignore[arg-type]
    assert max(lightness) - min(lightness) > 0.15
    styles = [one.get_linestyle()[0][1] for one in axes.collections]  # type: ignore[index]
    assert styles[0] is not None
    assert styles[1] is None


def test_another_table_is_refused() -> None:
    table = Synthetic().load(rows=100)
    with pytest.raises(DataError, match=r"^data set 'synthetic': a boundary needs victims that see two numbers"):
        boundary(table, join([], table.features.shape[1]))


def test_matplotlib_is_imported_here_only() -> None:
    done = python("import sys, a4g_bench.cli.app, a4g_bench.attacks.gradient; print('matplotlib' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr
