"""The defects of the original study (Attack4Good, 2021), a test each: none of them is a behaviour of ours."""

import ast
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import a4g_bench
from a4g_bench import seeds
from a4g_bench.attacks.base import Poison
from a4g_bench.attacks.row_greedy import AxRowGreedy, RowSpace
from a4g_bench.data.domain import Domain
from a4g_bench.data.generated import Synthetic
from a4g_bench.data.split import split
from a4g_bench.data.table import Table
from a4g_bench.engine.view import View
from a4g_bench.errors import A4GError
from a4g_bench.figures.pictures import searched
from a4g_bench.leaderboard.charts import read_cell_results
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.metrics import confusion as metrics
from a4g_bench.store.results import Results, SearchRecord
from tests.attacks.problems import SCHEMA, make_problem, result, search
from tests.attacks.test_gradient import crafted, judged
from tests.attacks.test_logistic import PROBLEMS
from tests.attacks.test_row_greedy import rich, rows, started
from tests.metrics.drawn import Rows, bits, letters
from tests.support import plan_of, run_inline

QUERIES, SEEDS = 12, 2
#: The original's rules, of which the first points are no model's.
ORIGINAL = {"label": 1, "accept": "strict", "restart": True, "acquisition": "ucb", "initial": 100}


def table() -> Table:
    return Synthetic().load(rows=600)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two searches by the original's rules, of which at least one kept a row."""
    folder = tmp_path_factory.mktemp("original")
    plan = plan_of(
        folder, victims=["sklearn.tree:DecisionTreeClassifier"],
        attacks=[{"name": "ax-row-greedy", "params": ORIGINAL}], poison_budgets=[9], query_budgets=[QUERIES],
        batch_size=1, seeds=SEEDS, max_accuracy_loss=0.05,
    )  # fmt: skip
    run_inline(plan, folder / "results")
    assert any(record.search["poison_rows"] for record in records(folder / "results"))
    return folder / "results"


def records(folder: Path) -> list[SearchRecord]:
    results = Results(str(folder))
    found = [results.read_search(row["search_id"]) for row in results.read("searches").to_pylist()]
    return sorted((one for one in found if one is not None), key=lambda one: one.search["seed"])


def stored(record: SearchRecord) -> Poison:
    """The poison rows as the results hold them, in the codes of the data set."""
    assert record.poison is not None
    frame: pd.DataFrame = record.poison.to_pandas()
    features = frame.rename(columns=lambda name: name.removeprefix("x."))
    return Poison(table().schema.codes(features), frame["label"].to_numpy("int8"))


def test_1_the_row_kept_is_the_row_evaluated(finished: Path) -> None:
    """The original derived the age category from sex, and lost the race, when it kept a row."""
    for record in records(finished):
        kept = stored(record)
        if len(kept):
            assert kept.digest == record.queries[record.search["chosen_query"]]["digest"]
        schema = table().schema
        for position, feature in enumerate(schema.features):
            if feature.derived is not None:
                source = kept.features[:, schema.index(feature.derived.source)]
                assert kept.features[:, position].tolist() == feature.derived.apply(source).tolist()


def test_2_the_test_set_is_neither_trained_nor_searched_on_and_is_read(finished: Path) -> None:
    """The original's validation rows were among its test rows, the others in training; it read no test row."""
    whole = table()
    for record in records(finished):
        parts = split(whole, "group", record.search["seed"])
        view = View.of(whole, "group", record.search["seed"])
        assert np.array_equal(view.features, whole.features[np.concatenate([parts.train, parts.validation])])
        assert not {*parts.audit} & {*parts.train, *parts.validation}
        predicted = [np.unpackbits(np.frombuffer(row["predicted"], np.uint8)) for row in record.predictions]
        assert len(predicted) == seeds.AUDIT_SEEDS
        assert all(0 <= len(bits) - len(parts.audit) < 8 for bits in predicted)


def test_3_no_victim_seed_of_a_query_comes_again_or_is_the_audits() -> None:
    """The original trained with the same random state in every query, and reported that one."""
    queries = [seeds.query_victim_seed(seed, query, 0) for seed in range(20) for query in range(-1, 50)]
    assert len(set(queries)) == len(queries)
    assert not set(queries) & {one for seed in range(20) for one in seeds.audit_victim_seeds(seed)}


def test_4_a_search_goes_on_after_a_kept_row_and_does_not_begin_again() -> None:
    """The original's optimiser restarted with the same seed, so with the same first point."""
    for restart in (False, True):
        attack = started(restart=restart)
        points = []
        for _ in range(attack.problem.query_budget):
            [candidate] = attack.ask(1)
            points.append(rows(attack, candidate).features[-1].tobytes())

            attack.tell([result(len(points) - 1, candidate, rich(attack))])
        kept = attack.choose()
        assert kept is not None
        assert len(rows(attack, kept.candidate)) > 2
        assert len(set(points)) == len(points)


def test_5_every_row_is_possible_and_every_dimension_counts(finished: Path) -> None:
    """The original tried people of both races or of none, and overwrote three of the searched dimensions."""
    whole = table()
    for record in records(finished):
        view = View.of(whole, "group", record.search["seed"])
        domain = Domain.of(whole.schema, view.features[: view.n_train])
        assert domain.violations(stored(record).features) == []
    space = RowSpace.of(make_problem(), with_label=True)
    middle = [0.5] * len(space.names)
    for position, name in enumerate(space.names):
        low, high = (space.row([*middle[:position], at, *middle[position + 1 :]], "search") for at in (0.0, 1.0))
        if name == "label":
            assert (low.labels[0], high.labels[0]) == (0, 1)
        else:
            assert low.features[0, SCHEMA.index(name)] != high.features[0, SCHEMA.index(name)]


def test_6_the_budget_is_exact_and_luck_and_accuracy_are_limited(finished: Path) -> None:
    """The original made one query more than told, and kept any strict gain at any price."""
    for record in records(finished):
        assert [query["query"] for query in record.queries] == list(range(QUERIES))
        assert record.search["queries"] == record.search["query_budget"] == QUERIES
    lucky = AxRowGreedy(initial=100)
    lucky.start(make_problem(query_budget=8))

    search(lucky, rich(lucky, 0.02), batch=4)  # two standard errors
    assert lucky.choose() is None
    for cost, keeps in ((0.011, False), (0.009, True)):
        dear = started()
        gains = rich(dear)
        search(dear, lambda candidate, dear_gains=gains, cost=cost: (dear_gains(candidate)[0], cost), batch=4)  # type: ignore[misc]  # never fails
        assert (dear.choose() is not None) == keeps


def test_7_columns_have_a_type_splits_vary_and_all_is_written(finished: Path) -> None:
    """The original mixed texts with numbers in a column, split once and for all, and wrote nothing."""
    first, second = records(finished)
    for record in (first, second):
        assert record.poison is not None
        frame = record.poison.to_pandas()
        assert all(len({type(value) for value in frame[column]}) <= 1 for column in frame)
        assert len(record.queries) == QUERIES
        assert {row["role"] for row in record.audits} == {"clean", "poisoned"}
        assert json.loads(record.search["identity"])["seed"] == record.search["seed"]
    one, other = (split(table(), "group", record.search["seed"]) for record in (first, second))
    assert {*one.audit} != {*other.audit}


def test_8_a_group_without_negatives_is_an_error_that_names_it() -> None:
    """The original divided by zero."""
    of = table()
    labels = np.where(of.features[:, 0] == 0, 1, of.labels).astype(np.int8)
    with pytest.raises(A4GError, match="group 'A' has no rows of label 0 in the train split of 'all-yes'"):
        split(Table("all-yes", of.schema, of.features, labels, "made up"), "group", 0)


def test_9_no_number_is_raised_by_a_bitwise_or() -> None:
    """The original wrote ``x ^ 2`` for a square."""
    package = Path(a4g_bench.__file__).parent
    numeric = [file for folder in ("attacks", "metrics", "data") for file in (package / folder).glob("*.py")]
    assert len(numeric) > 20
    found = [
        f"{file.name}:{node.lineno}"
        for file in numeric
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.BitXor)
    ]
    assert found == []


def test_10_the_gradient_lowers_the_loss_it_names_and_gives_whole_categories() -> None:
    """The original's derivative had its loss's sign reversed, its rows parts of categories, its label was the group."""
    problem = PROBLEMS["gaussian-groups"]
    still, poison = (
        crafted(problem, 20, objective="disparate_impact", hold_accuracy=False, steps=steps) for steps in (0, 5)
    )
    assert judged(problem, "disparate_impact", poison)[0] < judged(problem, "disparate_impact", still)[0]
    assert problem.domain.violations(poison.features) == []
    mixed = make_problem()
    rows = crafted(mixed, 20, objective="disparate_impact", hold_accuracy=False)
    assert mixed.domain.violations(rows.features) == []
    labelled = crafted(problem, 20, objective="disparate_impact", label=1, hold_accuracy=False)
    assert set(labelled.labels.tolist()) == {1}
    assert set(labelled.features[:, 2].tolist()) == {0.0, 1.0}


def test_11_the_rates_are_those_they_are_called_and_the_star_is_at_the_fairest(finished: Path) -> None:
    """The original swapped the arguments of the confusion matrix, and starred the least fair point."""
    one = Rows(bits("1000 10"), letters("aaaa bb"), (bits("1111 10"),))
    assert metrics.fpr(one.counts).tolist() == [1.0, 0.0]  # swapped: the share 3/4 of false alarms among the alarms
    assert metrics.fnr(one.counts).tolist() == [0.0, 0.0]
    for picture in searched(read_cell_results([Results(str(finished))], Selection())):
        [record] = [r for r in records(finished) if r.search["search_id"] == picture.search_id]
        axes = picture.figure().axes[0]
        [star] = [line for line in axes.lines if line.get_label() == "fairest query"]
        assert 100 * min(query["unfairness"] for query in record.queries) == pytest.approx(
            np.asarray(star.get_ydata())[0]
        )
