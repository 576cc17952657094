"""Which pictures a results folder gives, and their files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from a4g_bench.figures.bars import bars, transfer_bars
from a4g_bench.figures.explored import explored
from a4g_bench.figures.scenes import Scene
from a4g_bench.figures.style import Format, file_name, render, styled
from a4g_bench.figures.trajectories import trajectories
from a4g_bench.leaderboard.records import Cell


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: ``name`` of its file without suffix, what it shows, and how it is drawn."""

    name: str
    kind: str
    cell: Cell
    draw: Callable[[], Figure]
    attack: str | None = None
    seed: int | None = None
    search_id: str | None = None

    def figure(self) -> Figure:
        """The figure, in the one look."""
        with styled():
            return self.draw()

    def content(self, forms: Sequence[Format]) -> Iterator[tuple[Format, bytes]]:
        """The content of its files: drawn once, rendered per format."""
        with styled():
            drawn = self.draw()
            for form in forms:
                yield form, render(drawn, form)


def pictures(scenes: Sequence[Scene]) -> list[Picture]:
    """Per cell unfairness, accuracy and the audit's metrics, and per attack its transfer; then one per search that
    made queries.
    """
    found = []
    for scene in scenes:
        if not any(s.queries or s.clean is not None for s in scene.searches):
            continue  # nothing ended and nothing was asked: nothing to see
        name = _name(scene)
        found.append(_of(scene, f"{name}--unfairness", "unfairness", partial(trajectories, scene, "unfairness")))
        found.append(_of(scene, f"{name}--accuracy", "accuracy", partial(trajectories, scene, "accuracy")))
        if scene.clean:
            found.append(_of(scene, f"{name}--audit", "audit", partial(bars, scene)))
        found += [
            Picture(
                f"{name}--transfer-{file_name(contender.label)}",
                "transfer",
                scene.cell,
                partial(transfer_bars, scene, contender),
                contender.label,
            )
            for contender in scene.contenders
            if any(one.elsewhere for one in contender.finished)
        ]
    return found + searched(scenes)


def searched(scenes: Sequence[Scene]) -> list[Picture]:
    """One picture per search that made queries."""
    return [
        Picture(
            f"searches/{_name(scene)}--{file_name(contender.label, f'seed{one.search.seed}', one.search.search_id)}",
            "search",
            scene.cell,
            partial(explored, scene, contender, one),
            contender.label,
            one.search.seed,
            one.search.search_id,
        )
        for scene in scenes
        for contender in scene.contenders
        for one in contender.searches
        if one.queries
    ]


def _of(scene: Scene, name: str, kind: str, draw: Callable[[], Figure]) -> Picture:
    return Picture(name, kind, scene.cell, draw)


def _name(scene: Scene) -> str:
    pair, budget = scene.cell.pair, scene.cell.budget
    share = f"{int(budget.number)}rows" if budget.is_count else budget.label.replace("%", "pct")
    return file_name(pair.dataset, pair.attribute, pair.victim, share)
