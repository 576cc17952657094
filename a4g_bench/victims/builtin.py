"""The built-in victims: library defaults, on one thread, seeded."""

from a4g_bench.victims.base import SklearnVictim


class RandomForest(SklearnVictim):
    name = "random_forest"
    summary = "scikit-learn RandomForestClassifier"
    encoding = "one-hot"
    path = "sklearn.ensemble:RandomForestClassifier"


class GradientBoosting(SklearnVictim):
    name = "gradient_boosting"
    summary = "scikit-learn GradientBoostingClassifier"
    encoding = "one-hot"
    path = "sklearn.ensemble:GradientBoostingClassifier"


class HistGradientBoosting(SklearnVictim):
    name = "hist_gradient_boosting"
    summary = "scikit-learn HistGradientBoostingClassifier"
    encoding = "one-hot"
    path = "sklearn.ensemble:HistGradientBoostingClassifier"


class LightGBM(SklearnVictim):
    """LightGBM's defaults. ``deterministic`` and the row-wise layout change no hyper-parameter of the model.

    Without them LightGBM times both layouts at the start of each fit and takes the faster one, and the order of its
    sums, so the last digits of its splits, would depend on the machine's load.
    """

    name = "lightgbm"
    summary = "LightGBM LGBMClassifier"
    encoding = "one-hot"
    packages = ("lightgbm", "scikit-learn")
    path = "lightgbm:LGBMClassifier"
    fixed = {"verbosity": -1, "deterministic": True, "force_row_wise": True}

    #: Parameters under which the random state still changes nothing; of any other it is not known.
    unsampled = frozenset(
        {
            "class_weight",
            "importance_type",
            "is_unbalance",
            "learning_rate",
            "max_bin",
            "max_depth",
            "min_child_samples",
            "min_child_weight",
            "min_split_gain",
            "n_estimators",
            "n_jobs",
            "num_leaves",
            "reg_alpha",
            "reg_lambda",
            "scale_pos_weight",
            "verbosity",
        }
    )

    def seeded(self) -> bool:
        return not self.unsampled.issuperset(self.parameters)


class LogisticRegression(SklearnVictim):
    name = "logistic_regression"
    summary = "scikit-learn LogisticRegression (lbfgs, L2)"
    encoding = "scaled"
    path = "sklearn.linear_model:LogisticRegression"

    def seeded(self) -> bool:
        return "solver" in self.parameters


class SVM(SklearnVictim):
    """scikit-learn's SVC (RBF kernel). Its training is quadratic in the rows: minutes beyond 20,000."""

    name = "svm"
    summary = "scikit-learn SVC (RBF kernel; quadratic in the rows)"
    encoding = "scaled"
    path = "sklearn.svm:SVC"

    def seeded(self) -> bool:
        return "probability" in self.parameters
