"""The harness's promises, held by each plugin of this package."""

from a4g_bench.testing import AttackContract, DatasetContract, DefenceContract, MetricContract, VictimContract


class TestNearestThreshold(AttackContract):
    name = "nearest-threshold"


class TestSelectionGap(MetricContract):
    name = "selection_gap"


class TestRidge(VictimContract):
    name = "ridge"


class TestTrimFar(DefenceContract):
    name = "trim-far"


class TestTwoSchools(DatasetContract):
    name = "two-schools"
