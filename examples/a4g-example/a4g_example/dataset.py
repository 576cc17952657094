"""A data set that needs no network: applicants from two schools, one of them under-marked and held to more."""

from dataclasses import dataclass

import numpy as np

from a4g_bench.data import Feature, Schema, Source, State, Table
from a4g_bench.parameters import ParameterSet, Whole, parameter


class TwoSchools(Source):
    """Merit decides admission, by a higher bar for the second school, whose marks understate it."""

    name = "two-schools"
    summary = "made up: two schools, one of them held to a higher bar"
    attributes = ("school",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        rows: int = parameter(6000, Whole(at_least=1), "how many applicants")

    def state(self) -> State:
        return "installed"

    def read(self, **params: object) -> Table:
        rng, n = np.random.default_rng(0), self.Parameters.of(params).rows
        school = rng.integers(2, size=n)
        merit = rng.normal(size=n)
        marks = np.round(60 + 10 * (merit - 1.5 * school) + 3 * rng.normal(size=n))
        essay = merit + 2 * rng.normal(size=n)
        schema = Schema(
            (
                Feature("school", "categorical", ("first", "second")),
                Feature("marks", "integer"),
                Feature("essay", "numeric"),
            ),
            ("school",),
            "admitted",
            ("no", "yes"),
            1,
        )
        features = np.column_stack([school, marks, essay]).astype(np.float64)
        return Table(
            self.name, schema, features, (merit > 0.2 + 0.8 * school).astype(np.int8), "made up by a4g-example"
        )
