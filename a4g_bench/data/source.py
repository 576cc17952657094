"""Where tables come from: the contract of a source."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, nearest
from a4g_bench.parameters import Constraint, Flag, Number, ParameterSet, Whole, declarations, parameter

State = Literal["installed", "cached", "needs the network", "needs the extra 'data'", "needs the extra 'folktables'"]


class Source(ABC):
    """A named data set. The same name and parameters always give the same rows, in the same order.

    Sources are found through the entry-point group ``a4g_bench.datasets`` and made without arguments. A subclass sets
    the class attributes and implements :meth:`state` and :meth:`read`; users call :meth:`load`.

    A nested class ``Parameters`` declares what it takes (see :mod:`a4g_bench.parameters`); ``parameters`` then maps
    each name to its default, whose type a value must have. A subclass that sets ``parameters`` alone checks values
    itself. ``attributes`` names the protected attributes, the default one first, where they are known before loading.
    ``design`` names the set that stands for this one until a board is published on it: nothing is tried on its rows.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    Parameters: ClassVar[type[ParameterSet]] = ParameterSet
    parameters: ClassVar[Mapping[str, object]] = {}
    attributes: ClassVar[tuple[str, ...]] = ()
    design: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "Parameters" in vars(cls):
            cls.parameters = {name: declared.default for name, declared in declarations(cls.Parameters).items()}

    @abstractmethod
    def state(self) -> State:
        """Say whether :meth:`load` would work here, without loading or importing anything heavy.

        Returns:
            One of the states of ``State``.
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
            DataError: If a parameter is unknown, of the wrong type or not what is declared, or the source's content is
                not what its description says.
        """
        try:
            current = self.Parameters.current(params)
        except ValueError as error:
            raise DataError(f"data set '{self.name}': {error}") from error
        return self.read(**{**self.parameters, **{key: self._checked(key, value) for key, value in current.items()}})

    def _checked(self, key: str, value: object) -> object:
        if key not in self.parameters:
            raise DataError(f"data set '{self.name}' has no parameter '{key}'{nearest(key, self.parameters)}")
        wanted = type(self.parameters[key])
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise DataError(
                f"data set '{self.name}': parameter '{key}' must be of type {wanted.__name__}, got {value!r}"
            )
        declared = declarations(self.Parameters).get(key)
        if declared is not None:
            try:
                declared.constraint.check(key, value)
            except ValueError as error:
                requirement = _broken(declared.constraint, value)
                complaint = f"parameter '{key}' {requirement}, got {value}" if requirement else error
                raise DataError(f"data set '{self.name}': {complaint}") from error
        return value


@dataclass(frozen=True, kw_only=True)
class Visibility(ParameterSet):
    """What the data sets with a recipe take."""

    protected_visible: bool = parameter(True, Flag(), "whether the victim sees the protected attributes")


def _broken(constraint: Constraint, value: Any) -> str | None:
    """What a value of the right type breaks of a number's constraint; None for another constraint."""
    if isinstance(constraint, Whole):
        low = value < constraint.at_least
        return f"must be at least {constraint.at_least}" if low else f"must be at most {constraint.at_most}"
    if not isinstance(constraint, Number) or (constraint.above, constraint.below) != (None, None):
        return None
    if constraint.at_most is not None and value > constraint.at_most:
        share = "is a share and " if (constraint.at_least, constraint.at_most) == (0, 1) else ""
        return f"{share}must be at most {constraint.at_most:g}"
    return "must be a finite number" + ("" if constraint.at_least is None else f" of at least {constraint.at_least:g}")
