"""Boards drawn from published people, version 1's score, and the retest."""

from pathlib import Path

import numpy as np
import pytest

from a4g_bench.leaderboard.outcomes import Outcome, read_outcomes
from a4g_bench.leaderboard.records import SettingKey
from a4g_bench.leaderboard.selection import Selection, read_searches
from benchmarks import retest, version_1
from benchmarks.published_people import Population

from .published import ATTACKS, PEOPLE, tables


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    published = [tables()]
    found, _ = read_outcomes(published, read_searches(published, Selection()))
    return list(found)


def rates(some: list[Outcome], attack: str) -> list[float]:
    """Share of the fits that judge deserving people wrongly, by group."""
    own = [o for o in some if o.search.entrant.attack == attack]
    wrong, people = np.zeros(2), np.zeros(2)
    for o in own:
        for group in (0, 1):
            chosen = (o.clean.rows.groups == group) & (o.clean.rows.labels == 1)
            wrong[group] += o.poisoned.wrong[chosen].sum() / o.poisoned.fits
            people[group] += chosen.sum()
    return list(wrong / people)


def test_published_rates_are_the_expectation_of_those_drawn(outcomes: list[Outcome]) -> None:
    rng, population = np.random.default_rng(0), Population(outcomes)
    for attack in ATTACKS:
        drawn = np.mean([rates(population.draw(rng, 5), attack) for _ in range(60)], axis=0)
        assert drawn == pytest.approx(rates(outcomes, attack), abs=0.005)


def test_every_block_of_seeds_audits_everybody_of_the_new_table_once(outcomes: list[Outcome]) -> None:
    drawn = [o for o in Population(outcomes).draw(np.random.default_rng(0), 10) if o.search.entrant.attack == "halves"]
    one = {o.search.seed: o.clean.rows for o in drawn if o.search.cell.setting.dataset == "one"}
    assert sorted(one) == list(range(10))
    for block in (range(5), range(5, 10)):
        ids = np.concatenate([one[seed].row_ids for seed in block])
        assert len(ids) == len(set(ids)) == 5 * PEOPLE  # the population are the people of five audits
    label = {int(i): int(x) for rows in one.values() for i, x in zip(rows.row_ids, rows.labels, strict=True)}
    assert all(label[int(i)] == x for rows in one.values() for i, x in zip(rows.row_ids, rows.labels, strict=True))


def test_the_clean_victim_is_one_for_all_entrants(outcomes: list[Outcome]) -> None:
    drawn = Population(outcomes).draw(np.random.default_rng(0), 5)
    clean = {(o.search.cell.setting.dataset, o.search.seed): o.clean for o in drawn}
    assert all(o.clean is clean[o.search.cell.setting.dataset, o.search.seed] for o in drawn)


def test_a_stream_gives_one_board(outcomes: list[Outcome]) -> None:
    population = Population(outcomes)
    one, other = (population.draw(np.random.default_rng(3), 5) for _ in range(2))
    assert all(np.array_equal(a.poisoned.wrong, b.poisoned.wrong) for a, b in zip(one, other, strict=True))


def test_version_1_takes_nothing_behind_its_gate_and_means_before_it(outcomes: list[Outcome]) -> None:
    entrants = [o for o in outcomes if o.search.role != "reference"]
    known = version_1.noise_free(entrants)
    for (_, entrant), gain in known.items():
        assert gain == pytest.approx(ATTACKS[entrant.attack] / 0.3, abs=0.25)
    found = version_1.scores(entrants, known, np.random.default_rng(0), 100)
    for entrant, (score, true) in found.items():
        low, high = score.interval()
        assert low <= score.value <= high
        # whoever is not denied is judged rightly: no accuracy is lost, so no gate closes
        assert true == pytest.approx(np.mean([gain for (_, who), gain in known.items() if who == entrant]))
    cells = version_1.cells(entrants, np.random.default_rng(0), 100)
    assert cells.keys() == known.keys()


def test_cells_of_the_same_audits_agree_entirely(outcomes: list[Outcome]) -> None:
    counting = {SettingKey("one", "sex", "lr")}
    some = [o for o in outcomes if o.search.role != "reference"]
    made = {figure.name: figure for figure in retest.figures(some, some, counting, set())}
    kinds = ("", "-both", "-all-settings")
    assert set(made) == {f"{name}{kind}" for name in ("retest", "retest-version-1") for kind in kinds}
    assert made["retest-both"].note == "0 cells"
    assert made["retest"].value == pytest.approx(1)
    assert made["retest"].met
    assert made["retest"].note.startswith("3 cells, 0.000 apart")


def test_without_results_of_new_seeds_the_note_says_how_to_make_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(retest, "_RESULTS", tmp_path)
    [figure] = retest.retest(quick=False)
    assert figure.value is None
    assert "a4g-bench run suites/retest.yaml" in figure.note
