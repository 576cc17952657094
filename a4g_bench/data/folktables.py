"""The full tables behind the package's census samples, fetched from the US Census Bureau by ``folktables``.

folktables (extra ``folktables``) keeps one CSV file per state in the cache folder, 3 GB in all, which both tables share
and an interrupted load goes on with; the finished table is kept beside it as Parquet.
"""

import sys
from abc import ABC
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from a4g_bench.data.acs import COVERAGE, COVERAGE_CAUTION, INCOME, INCOME_CAUTION, grouped
from a4g_bench.data.fetched import FetchedSource, cache_folder
from a4g_bench.data.source import State
from a4g_bench.errors import DataError, DataUnavailableError

if TYPE_CHECKING:
    import pandas as pd

_RAW = "folktables"  # folder of the Census' files, in the cache folder


class FolktablesSource(FetchedSource, ABC):
    """A task of folktables on the 2018 one-year person files of all states that it knows."""

    task: ClassVar[str]  # its name in folktables
    offline: ClassVar[str]
    raw = _RAW

    @property
    def origin(self) -> str:
        """The task and the files that its rows are from."""
        return f"folktables, {self.task}, 2018 one-year person files of the US Census Bureau"

    def state(self) -> State:
        """Return ``cached`` if an earlier load kept the table, else what is needed to fetch it."""
        kept = super().state()
        return kept if kept == "cached" or find_spec("folktables") else "needs the extra 'folktables'"

    def prepared(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The rows with their codes grouped."""
        return grouped(frame)

    def fetch(self) -> "pd.DataFrame":
        """The task's rows of all states."""
        import pandas as pd

        if find_spec("folktables") is None:
            raise DataUnavailableError(
                f"data set '{self.name}' needs the package folktables: pip install 'a4g-bench[folktables]' "
                f"(or use '{self.offline}', which needs nothing)"
            )
        try:
            return pd.concat(list(self._states()), ignore_index=True)
        except OSError as error:
            reason = " ".join(str(error).split())
            raise DataUnavailableError(
                f"data set '{self.name}': census.gov cannot be read ({reason}); without a network use '{self.offline}'"
            ) from None
        except (LookupError, ValueError) as error:
            raise DataError(
                f"data set '{self.name}': a file in {cache_folder() / _RAW} cannot be read "
                f"({' '.join(str(error).split())}); delete it to fetch it again"
            ) from None

    def _states(self) -> "Iterator[pd.DataFrame]":
        """The task's people, state by state: all columns of all states at once are 7 GB."""
        import folktables

        task = getattr(folktables, self.task)
        raw = folktables.ACSDataSource("2018", "1-Year", "person", root_dir=str(cache_folder() / _RAW))
        for state in folktables.state_list:
            with redirect_stdout(sys.stderr):  # it says what it downloads
                people = raw.get_data(states=[state], download=True)
            features, target, _ = task.df_to_pandas(people)
            frame = features.drop(columns="ST", errors="ignore").astype("int32")
            yield frame.assign(**{self.recipe.label: target.to_numpy().ravel().astype("int32")})


class AcsIncomeFull(FolktablesSource):
    """American Community Survey 2018, all states: is a worker's income above 50,000 dollars? (Ding et al. 2021)"""

    name = "acs-income-full"
    summary = "US income above 50K in 2018, all (1,664,500 workers; sex, race), Census Bureau"
    attributes = INCOME.protected
    task = "ACSIncome"
    recipe = replace(INCOME, shape=(1_664_500, 11))
    cautions = (INCOME_CAUTION,)
    offline = "acs-income-design"


class AcsPublicCoverageFull(FolktablesSource):
    """American Community Survey 2018, all states: does a person under 65 of low income have public coverage?"""

    name = "acs-public-coverage-full"
    summary = "Public health coverage in 2018, all (1,138,289 people; nativity, race), Census"
    attributes = COVERAGE.protected
    task = "ACSPublicCoverage"
    recipe = replace(COVERAGE, shape=(1_138_289, 19))
    cautions = (COVERAGE_CAUTION,)
    offline = "acs-public-coverage-design"
