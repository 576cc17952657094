"""Reference lines: mitigations that are no poisoning, trained and judged on the same splits as the poisoned victims."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from a4g_bench import plugins
from a4g_bench.errors import VictimError
from a4g_bench.parameters import Parameterised
from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.victims.base import Victim

Features = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int8]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Encoded rows (n, columns) with their labels (n,) and group codes (n,)."""

    features: Features
    labels: Labels
    groups: Groups


@dataclass(frozen=True, eq=False)
class MitigationTask:
    """What the company has that mitigates: the rows an attack would see, the victim, and which label is favourable.

    ``max_accuracy_loss`` is the suite's allowance, for references that can be tuned to it. ``protected_columns`` are
    the positions of the encoded columns that hold protected attributes: none where they are hidden from the victim.
    """

    train: Rows
    validation: Rows
    victim: Victim
    favourable: Literal[0, 1]
    max_accuracy_loss: float
    protected_columns: tuple[int, ...] = ()


class Reference(Parameterised, ABC):
    """A mitigation. The harness calls :meth:`prepare` once per split, then :meth:`predict` for each audit victim seed.

    Unlike an attack it may use the protected attribute of the people it judges, and change how the victim is trained.
    It is shown beside the ranking and not ranked.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    #: Packages whose version determines its result, besides numpy and the victim's.
    packages: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    #: About how many times it trains the victim for one split: what ``plan`` counts.
    trainings: ClassVar[int] = AUDIT_SEEDS

    task: MitigationTask

    def prepare(self, task: MitigationTask) -> None:
        """Take the task. Override to train what all seeds share, calling ``super().prepare(task)``.

        Args:
            task: What the company has that mitigates.
        """
        self.task = task

    @abstractmethod
    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        """Judge people.

        Args:
            features: Their encoded rows (m, columns).
            groups: Their group codes (m,).
            seed: The victim's random state.

        Returns:
            Their labels (m,), 0 or 1.
        """

    def fitted(self, seed: int, features: Features, labels: Labels, **more: Any) -> Any:
        """A victim trained on some rows.

        Args:
            seed: Its random state.
            features: Encoded rows (n, columns).
            labels: Their labels (n,).
            **more: What else its ``fit`` takes, such as ``sample_weight``.

        Returns:
            The fitted classifier.
        """
        model = self.task.victim.estimator(seed)
        model.fit(features, labels, **more)
        return model


def get_reference(name: str, parameters: Mapping[str, Any]) -> Reference:
    """Build a registered reference line.

    Args:
        name: Its name.
        parameters: Keyword arguments of its constructor.

    Returns:
        The reference line.

    Raises:
        VictimError: Naming an unknown parameter or a bad value.
        A4GError: If there is no such reference line.
    """
    built: Reference = plugins.build("references", name, parameters, Reference, VictimError)
    return built
