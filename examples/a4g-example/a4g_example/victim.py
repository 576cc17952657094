"""A victim: scikit-learn's ridge classifier, which has a decision function and no random state."""

from a4g_bench.victims import SklearnVictim


class Ridge(SklearnVictim):
    """Least squares on the labels, with a penalty."""

    name = "ridge"
    summary = "ridge classifier (scikit-learn)"
    encoding = "scaled"
    path = "sklearn.linear_model:RidgeClassifier"

    def seeded(self) -> bool:
        return False
