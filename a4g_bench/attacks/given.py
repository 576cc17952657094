"""``given``: rows that somebody brought, for ``a4g-bench evaluate``."""

from collections.abc import Mapping

import numpy as np

from a4g_bench.attacks.attack import Attack, Poison, Pool, Threat
from a4g_bench.errors import AttackError


class Given(Attack):
    """Adds rows from a file, whatever the split: who made them, and what they knew, is not known here, so the threat
    model is the most that an entrant may have. ``digest`` identifies the rows.
    """

    name = "given"
    summary = "rows from a file, as brought to a4g-bench evaluate"
    threat = Threat("baseline", "oracle", "dirty", "free")

    def __init__(self, digest: str = "") -> None:
        if not isinstance(digest, str):
            raise ValueError(f"digest must be a text, not {digest!r}")
        self.digest = digest
        #: Set by whoever read the file.
        self.rows: Poison | None = None

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        if self.rows is None or self.rows.digest != self.digest:
            raise AttackError("attack 'given' has its rows from a file: use a4g-bench evaluate FILE")
        return self.rows
