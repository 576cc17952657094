"""Contract tests for plugins: what the harness relies on, for a third party's own tests.

Subclass one in a pytest file and name the plugin; pytest finds the tests::

    from a4g_bench.testing import AttackContract

    class TestMine(AttackContract):
        name = "mine"

``a4g-bench test-plugin NAME`` runs the same without pytest.
"""

from a4g_bench.testing.attacks import AttackContract
from a4g_bench.testing.contract import (
    Contract,
    DatasetContract,
    DefenceContract,
    MetricContract,
    Outcome,
    ReferenceContract,
    VictimContract,
    check,
)

#: The contract of each kind of plugin.
CONTRACTS: dict[str, type[Contract]] = {
    "attacks": AttackContract,
    "datasets": DatasetContract,
    "defences": DefenceContract,
    "metrics": MetricContract,
    "references": ReferenceContract,
    "victims": VictimContract,
}

__all__ = [
    "CONTRACTS", "AttackContract", "Contract", "DatasetContract", "DefenceContract", "MetricContract", "Outcome",
    "ReferenceContract", "VictimContract", "check",
]  # fmt: skip
