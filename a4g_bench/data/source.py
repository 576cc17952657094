"""Where tables come from: the contract of a source."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, nearest

if TYPE_CHECKING:
    pass


State = Literal["installed", "cached", "needs the network", "needs the extra 'data'"]


class Source(ABC):
    """A named data set. The same name and parameters always give the same rows, in the same order.

    Sources are found through the entry-point group ``a4g_bench.datasets`` and made without arguments. A subclass sets
    the class attributes and implements :meth:`state` and :meth:`read`; users call :meth:`load`.

    ``parameters`` maps each accepted parameter to its default, whose type a given value must have; ``attributes`` names
    the protected attributes, the default one first, where they are known before loading.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    parameters: ClassVar[Mapping[str, object]] = {}
    attributes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def state(self) -> State:
        """Say whether :meth:`load` would work here, without loading or importing anything heavy.

        Returns:
            One of the four states.
        """

    @abstractmethod
    def read(self, **params: object) -> Table:
        """Read the table. Called by :meth:`load` only.

        Args:
            **params: All parameters, of the right types.

        Returns:
            The table.

        Raises:
            DataUnavailableError: If the source cannot be reached here.
            DataError: If its content is not what its description says.
        """

    def load(self, **params: object) -> Table:
        """Load the table.

        Args:
            **params: Parameters that differ from their defaults.

        Returns:
            The table.

        Raises:
            DataUnavailableError: If the source cannot be reached here.
            DataError: If a parameter is unknown or of the wrong type, or the source's content is not what its
                description says.
        """
        return self.read(**{**self.parameters, **{key: self._checked(key, value) for key, value in params.items()}})

    def _checked(self, key: str, value: object) -> object:
        if key not in self.parameters:
            raise DataError(f"data set '{self.name}' has no parameter '{key}'{nearest(key, self.parameters)}")
        wanted = type(self.parameters[key])
        if wanted is float and type(value) is int:
            return float(value)
        if type(value) is not wanted:
            raise DataError(
                f"data set '{self.name}': parameter '{key}' must be of type {wanted.__name__}, got {value!r}"
            )
        return value
