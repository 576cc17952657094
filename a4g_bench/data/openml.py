"""openml.org: tables fetched once through scikit-learn and then kept in the cache folder."""

import json
import socket
import warnings
from abc import ABC
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np

from a4g_bench.data.fetched import FetchedSource, cache_folder
from a4g_bench.data.recipe import text_of
from a4g_bench.errors import DataError, DataUnavailableError

if TYPE_CHECKING:
    import pandas as pd


_ABOUT = "https://www.openml.org/api/v1/json/data/{}"
_TIMEOUT = 15.0  # seconds without an answer


class OpenMLSource(FetchedSource, ABC):
    """A data set of OpenML and the recipe for it.

    ``data_id`` pins the rows for good; ``title`` and, where given, ``version`` must agree with what OpenML says of it.
    ``above``: a numeric target becomes label 1 where it exceeds this. ``offline``: a similar data set that needs no
    network.
    """

    data_id: ClassVar[int]
    title: ClassVar[str]
    version: ClassVar[int | None] = None
    above: ClassVar[float | None] = None
    offline: ClassVar[str] = "synthetic"

    @property
    def origin(self) -> str:
        """OpenML's number and title."""
        return f"OpenML {self.data_id} ({self.title})"

    def prepared(self, frame: "pd.DataFrame") -> "pd.DataFrame":
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

    def fetch(self) -> "pd.DataFrame":
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
    positions, values = column.factorize()
    texts = np.array([*map(text_of, values), "missing"], dtype=object)
    return type(column)(texts[positions], index=column.index, dtype=object)


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
