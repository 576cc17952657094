"""American Community Survey 2018: two tasks of Ding et al. 2021 (Retiring Adult), as samples inside this package.

Names of features are the Census' own (``SEX``, ``RAC1P``, ``OCCP`` ...); codes are read as its data dictionary of the
2018 person file has them. ``census/README.md`` beside this file is the datasheet.
"""

import hashlib
from abc import ABC
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from a4g_bench.data.recipe import Recipe
from a4g_bench.data.source import Source, State, Visibility
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

INCOME_CAUTION = (
    "ACS income depends on its threshold of 50,000 dollars, and gaps on the state and the year "
    "(Ding et al. 2021, Retiring Adult)."
)
COVERAGE_CAUTION = (
    "ACS public coverage follows eligibility rules that differ by state, age and status; citizenship (CIT) tells "
    "NATIVITY even where it is hidden (Ding et al. 2021, Retiring Adult)."
)

_SEX: Mapping[object, str] = {1: "Male", 2: "Female"}
_RACE: Mapping[object, str] = {
    1: "White",
    2: "Black",
    6: "Asian",
    # A group counts from 100 people who deserve the favourable label. Of American Indians and Alaska Natives (3, 4, 5)
    # 94 and 89 do in the two halves of income, of Pacific Islanders (7) 18 to 36 in each half.
    3: "Other race",
    4: "Other race",
    5: "Other race",
    7: "Other race",
    8: "Other race",  # "some other race"
    9: "Two or more races",
}
_MARITAL: Mapping[object, str] = {1: "married", 2: "widowed", 3: "divorced", 4: "separated", 5: "never married"}
_WORKER: Mapping[object, str] = {
    1: "private for-profit",
    2: "private non-profit",
    3: "local government",
    4: "state government",
    5: "federal government",
    6: "self-employed",
    7: "self-employed incorporated",
    8: "family business without pay",
}
_RELATIONSHIP: Mapping[object, str] = {
    0: "reference person",
    1: "husband or wife",
    2: "son or daughter",  # biological, adopted, step
    3: "son or daughter",
    4: "son or daughter",
    5: "brother or sister",
    6: "parent or parent-in-law",
    8: "parent or parent-in-law",
    7: "grandchild",
    9: "other relative",  # son- and daughter-in-law among them
    10: "other relative",
    11: "roomer or housemate",
    12: "roomer or housemate",
    13: "unmarried partner",
    15: "other nonrelative",  # and 14, foster children: two people
    16: "institution",
    17: "other group quarters",
}
# The Census' major groups: the first code of each, up to the next one's.
_OCCUPATION: Mapping[object, str] = {
    10: "management",
    500: "business operations",
    800: "finance",
    1005: "computers and mathematics",
    1305: "engineering and architecture",
    1600: "sciences",
    2001: "community and social service",
    2100: "law",
    2205: "education and libraries",
    2600: "arts and media",
    3000: "health care",
    3601: "health care support",
    3700: "protective service",
    4000: "food",
    4200: "cleaning and grounds",
    4330: "personal care",
    4700: "sales",
    5000: "office support",
    6005: "farming and forestry",
    6200: "construction",
    6800: "extraction",
    7000: "installation and repair",
    7700: "production",
    9005: "transportation",
    9800: "military",
}
# Regions by the first code of each; what a code covers is the Census' choice (Armenia and Georgia are Europe's).
_BIRTHPLACE: Mapping[object, str] = {
    1: "US state",
    60: "US territory",
    100: "Europe",
    200: "Asia",
    300: "Canada or Bermuda",
    303: "Mexico",
    310: "Central America",
    321: "Caribbean",
    360: "South America",  # and, of 399, Americas not specified
    400: "Africa",
    501: "Oceania",  # and at sea
}
_YES: Mapping[object, str] = {1: "yes", 2: "no"}

INCOME = Recipe(
    shape=(50_000, 11),
    label="PINCP",
    levels=(0, 1),
    label_values=("<=50K", ">50K"),
    favourable=1,
    protected=("SEX", "RAC1P"),
    coded={
        "SEX": _SEX,
        "RAC1P": _RACE,
        "COW": _WORKER,
        "MAR": _MARITAL,
        "OCCP": _OCCUPATION,
        "POBP": _BIRTHPLACE,
        "RELP": _RELATIONSHIP,
    },
    integers=("AGEP", "SCHL", "WKHP"),
)

COVERAGE = Recipe(
    shape=(50_000, 19),
    label="PUBCOV",
    levels=(0, 1),
    label_values=("not covered", "covered"),
    favourable=1,
    protected=("NATIVITY", "RAC1P"),
    coded={
        "NATIVITY": {1: "Native", 2: "Foreign born"},
        "RAC1P": _RACE,
        "SEX": _SEX,
        "MAR": _MARITAL,
        "CIT": {
            1: "born in a US state",
            2: "born in a US territory",
            3: "born abroad of American parents",
            4: "naturalised",
            5: "not a citizen",
        },
        "MIG": {1: "same house a year ago", 2: "moved from abroad", 3: "moved within the US"},
        "MIL": {
            0: "under 17",
            1: "on active duty",
            2: "on active duty in the past",
            3: "training for reserves only",
            4: "never served",
        },
        "ANC": {1: "single", 2: "multiple", 3: "unclassified", 4: "not reported", 8: "suppressed"},
        "ESP": {
            0: "not a child at home",
            1: "two parents: both in the labour force",
            2: "two parents: the father in the labour force",
            3: "two parents: the mother in the labour force",
            4: "two parents: neither in the labour force",
            5: "father: in the labour force",
            6: "father: not in the labour force",
            7: "mother: in the labour force",
            8: "mother: not in the labour force",
        },
        "ESR": {
            0: "under 16",
            1: "employed and at work",
            2: "employed but not at work",
            3: "unemployed",
            4: "armed forces",  # at work; with a job, not at work (eight people)
            5: "armed forces",
            6: "not in the labour force",
        },
        "FER": {0: "not asked", 1: "gave birth within a year", 2: "gave no birth within a year"},
        "DIS": _YES,
        "DEAR": _YES,
        "DEYE": _YES,
        "DREM": _YES,
    },
    integers=("AGEP", "PINCP", "SCHL"),
)


def grouped(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a copy in which codes of occupations and birthplaces are the first of their group, and no RELP is rare."""
    if "RELP" not in frame:
        return frame.copy()
    return frame.assign(
        OCCP=_first(frame["OCCP"], _OCCUPATION),
        POBP=_first(frame["POBP"], _BIRTHPLACE),
        RELP=frame["RELP"].replace(14, 15),
    )


def _first(codes: "pd.Series[int]", groups: Mapping[object, str]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The first code of each code's group; a code below all groups stays, for the recipe to complain of."""
    starts = np.array(list(groups), dtype=np.int64)
    values = np.asarray(codes, dtype=np.int64)
    return np.where(values < starts[0], values, starts[np.searchsorted(starts, values, side="right") - 1])


class CensusSample(Source, ABC):
    """Half of one of the package's two samples: 50,000 people."""

    Parameters = Visibility
    file: ClassVar[str]
    checksum: ClassVar[str]  # SHA-256 of the file
    first: ClassVar[int]  # row of the file that is the table's first
    recipe: ClassVar[Recipe]
    cautions: ClassVar[tuple[str, ...]]

    def state(self) -> State:
        """Return ``installed``: the file is part of the package."""
        return "installed"

    def read(self, **params: object) -> Table:
        """Return the table, from a file whose every byte is what it was; about a tenth of a second."""
        import pyarrow.parquet as pq

        content = self._content()
        rows = self.recipe.shape[0]
        frame = pq.read_table(BytesIO(content)).slice(self.first, rows).to_pandas()
        return self.recipe.build(
            self.name,
            grouped(frame),
            source=f"{self.file}, rows {self.first} to {self.first + rows - 1}",
            cautions=self.cautions,
            protected_visible=bool(params["protected_visible"]),
        )

    def _content(self) -> bytes:
        path = Path(__file__).parent / "census" / self.file
        try:
            content = path.read_bytes()
        except OSError:
            raise DataError(
                f"data set '{self.name}': {path} is missing or unreadable; install a4g-bench again"
            ) from None
        actual = hashlib.sha256(content).hexdigest()
        if actual != self.checksum:
            raise DataError(
                f"data set '{self.name}': {path} should have the SHA-256 {self.checksum}, has {actual};"
                " install a4g-bench again"
            )
        return content


class _Income(CensusSample, ABC):
    attributes = INCOME.protected
    file = "acs_income_2018.parquet"
    checksum = "9ff39241ca2d151500682b5f8ef90aa17df042b89ab4e181345e5fdac464e668"
    recipe = INCOME
    cautions = (INCOME_CAUTION,)


class _Coverage(CensusSample, ABC):
    attributes = COVERAGE.protected
    file = "acs_public_coverage_2018.parquet"
    checksum = "8ecc368fc1013b1ce3d454e0269130578c067aa3bd1afbf2475423b3a827ac62"
    recipe = COVERAGE
    cautions = (COVERAGE_CAUTION,)


class AcsIncome(_Income):
    """American Community Survey 2018: is a worker's income above 50,000 dollars?

    The half of the sample that boards are published on. Entrants are designed on the other, ``acs-income-design``.
    """

    name = "acs-income"
    summary = "US income above 50K in 2018, for boards (50,000 workers; sex, race), built in"
    design = "acs-income-design"
    first = 0


class AcsIncomeDesign(_Income):
    """American Community Survey 2018: is a worker's income above 50,000 dollars? For design, quick runs and tests."""

    name = "acs-income-design"
    summary = "US income above 50K in 2018, to design on (50,000 others; sex, race), built in"
    first = 50_000


class AcsPublicCoverage(_Coverage):
    """American Community Survey 2018: does a person under 65 of low income have public health coverage?

    The half of the sample that boards are published on. Entrants are designed on the other,
    ``acs-public-coverage-design``.
    """

    name = "acs-public-coverage"
    summary = "Public health coverage in 2018, for boards (50,000; nativity, race), built in"
    design = "acs-public-coverage-design"
    first = 0


class AcsPublicCoverageDesign(_Coverage):
    """American Community Survey 2018: does a person of low income have public coverage? For design and quick runs."""

    name = "acs-public-coverage-design"
    summary = "Public health coverage in 2018, to design on (50,000; nativity, race), built in"
    first = 50_000
