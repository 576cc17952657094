"""``isolation-forest``: a filter of unusual rows."""

from a4g_bench.defences.defence import Defence, Features, Labels, Screened, share, without_worst


class IsolationForestFilter(Defence):
    """Removes the share ``removed`` of the rows that scikit-learn's ``IsolationForest`` (Liu, Ting & Zhou 2008)
    isolates soonest; labels are not looked at.
    """

    name = "isolation-forest"
    summary = "without the rows that an isolation forest finds unusual (5 % unless told)"
    packages = ("scikit-learn",)

    def __init__(self, *, removed: float = 0.05) -> None:
        self.removed = share("removed", removed)

    def screen(self, features: Features, labels: Labels) -> Screened:
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(random_state=0, n_jobs=1).fit(features)
        return Screened(without_worst(-forest.score_samples(features), self.removed), labels)
