"""Results that cannot share a board are refused in one line that says which and where."""

import pyarrow as pa
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard import ResultTables, build
from a4g_bench.store.tables import LATER_COLUMNS

from .drawn import CLEAN, HALF, NONE, folder, full


def refused(*tables: ResultTables, **filters: list[str]) -> str:
    with pytest.raises(StoreError) as raised:
        build(tables, **filters)  # type: ignore[arg-type]
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_two_fingerprints_of_one_data_set() -> None:
    other = folder("results/b").add("zoo", NONE, fingerprint="f-new")
    message = refused(full().tables(), other.tables())
    for part in ("data set 'toy'", "f-toy", "results/a", "f-new", "results/b"):
        assert part in message


def test_samples_of_one_table_by_two_attributes_share_a_board() -> None:
    drawn = full(range(5))
    for attack in ("clean", "closes"):
        for seed in range(5):
            drawn.add(
                attack, {"clean": CLEAN, "closes": NONE}[attack], attribute="race", fingerprint="f-race", seed=seed
            )
    board = build([drawn.tables()], attacks=["closes"])
    assert [(s.attribute, s.counts) for s in board.settings] == [("race", True), ("sex", True)]


def test_a_filter_that_leaves_the_offender_out_is_a_way_round() -> None:
    other = folder("results/b").add("zoo", NONE, dataset="other", fingerprint="f-1")
    other.add("zoo", NONE, dataset="other", fingerprint="f-2", seed=1)
    refused(full().tables(), other.tables())
    assert build([full().tables(), other.tables()], datasets=["toy"]).overall


def test_two_protocol_versions() -> None:
    other = folder("results/b").add("zoo", NONE, protocol_version=2)
    message = refused(full().tables(), other.tables())
    assert "two values of protocol_version, '1' in results/a and '2' in results/b" in message


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"datasets": ["toi"]}, "data set 'toi' is not in the results (did you mean 'toy'?)"),
        ({"victims": ["xx"]}, "victim 'xx' is not in the results (valid: lr)"),
        ({"budgets": ["2%"]}, "poison budget '2%' is not in the results (valid: 1%)"),
        ({"budgets": ["much"]}, "poison budget 'much': write a share such as 1% or a count of rows such as 50"),
        ({"attacks": ["halve"]}, "attack 'halve' is not in the results (did you mean 'halves'?)"),
    ],
)
def test_unknown_filter_values(filters: dict[str, list[str]], expected: str) -> None:
    assert refused(full().tables(), **filters) == expected


def test_filters_that_leave_nothing() -> None:
    drawn = full().add("zoo", NONE, victim="rf")
    assert refused(drawn.tables(), victims=["rf"], attacks=["halves"]) == "no search matches the filters together"


def test_budgets_are_compared_by_value() -> None:
    assert build([full().tables()], budgets=["1.0 %"]).budgets == ("1%",)


def test_no_searches() -> None:
    assert refused(folder().tables()) == "no searches in results/a"
    assert refused() == "no searches in an empty list of folders"


def test_two_results_at_the_same_place() -> None:
    other = folder("results/b").add("halves", HALF, seed=1, search_id="s-stale")
    message = refused(full().tables(), other.tables())
    for part in ("results/a and results/b", "halves", "toy/sex x lr at 1%, seed 1", "s-stale", "separate folders"):
        assert part in message
    both = full().add("halves", HALF, seed=1, search_id="s-stale")
    assert refused(both.tables()).startswith("results/a holds two different results of halves")


def test_a_stale_failure_beside_a_result_does_no_harm() -> None:
    other = folder("results/b").add("halves", seed=1, search_id="s-stale", status="error")
    board = build([full().tables(), other.tables()])
    assert {r.status for r in board.overall} == {"ok"}


def test_one_label_for_two_definitions() -> None:
    other = folder("results/b").add(
        "halves", HALF, budget="5%", identity='{"attack": {"name": "halves", "version": 2}}'
    )
    message = refused(full().tables(), other.tables())
    assert message.startswith("attack 'halves' stands for two things")
    assert "give one of them another label" in message


def test_baselines_that_audit_different_rows() -> None:
    other = folder("results/b")
    other.add("halves", HALF, victim="rf", seed=0, clean=CLEAN)
    (baseline,) = other.baselines["b-toy-sex-rf-0-f-toy"]
    baseline["row_ids"] = list(range(1, 1001, 5))
    message = refused(full().tables(), other.tables())
    assert "data set 'toy', seed 0" in message
    assert "audit different rows" in message


def test_the_same_search_in_two_folders_counts_once_and_ok_wins() -> None:
    failed = folder("results/0").add("closes", seed=0, status="error", attempt=3)
    again = full()
    again.where = "results/z"
    one = build([full().tables()])
    assert build([full().tables(), failed.tables(), again.tables()]) == one
    assert build([again.tables(), failed.tables(), full().tables()]).to_json() == one.to_json()


def test_the_later_attempt_wins() -> None:
    drawn = folder().add("zoo", NONE, attempt=2).add("random-duplicates", CLEAN)
    earlier = folder("results/0").add("zoo", HALF, attempt=1)
    board = build([earlier.tables(), drawn.tables()])
    assert next(r for r in board.overall if r.entrant == "zoo").gc == 1


def test_a_board_needs_the_columns_that_every_file_has_and_does_without_those_that_came_later() -> None:
    tables = full().tables()

    def without(column: str) -> ResultTables:
        return ResultTables("results/a", tables.searches.drop_columns([column]), *_rest(tables))

    for column in LATER_COLUMNS:
        assert build([without(column)]).overall
    for column in ("knowledge", "labels", "row_origin"):
        with pytest.raises(StoreError, match=f"results/a: table 'searches' lacks column '{column}'"):
            without(column)


def test_a_table_without_a_needed_column() -> None:
    tables = full().tables()
    with pytest.raises(StoreError, match="results/a: table 'predictions' lacks column 'rows'"):
        ResultTables("results/a", tables.searches, tables.predictions.drop_columns(["rows"]), tables.baselines)
    wider = ResultTables(
        "results/a", tables.searches.append_column("new", pa.nulls(tables.searches.num_rows)), *_rest(tables)
    )
    assert build([wider]).overall


def _rest(tables: ResultTables) -> tuple[pa.Table, pa.Table]:
    return tables.predictions, tables.baselines
