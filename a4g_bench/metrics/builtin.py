"""The built-in metrics, as entry points name them. :mod:`a4g_bench.metrics.confusion` defines them."""

from a4g_bench.metrics.confusion import OBJECTIVES

UNFAIRNESS = OBJECTIVES["unfairness"]
DEMOGRAPHIC_PARITY_DIFFERENCE = OBJECTIVES["demographic_parity_difference"]
DEMOGRAPHIC_PARITY_RATIO = OBJECTIVES["demographic_parity_ratio"]
EQUALIZED_ODDS_DIFFERENCE = OBJECTIVES["equalized_odds_difference"]
EQUAL_OPPORTUNITY_DIFFERENCE = OBJECTIVES["equal_opportunity_difference"]
AVERAGE_ODDS_DIFFERENCE = OBJECTIVES["average_odds_difference"]
FPR_DIFFERENCE = OBJECTIVES["fpr_difference"]
FNR_DIFFERENCE = OBJECTIVES["fnr_difference"]
FPR_DIFFERENCE_PENALIZED = OBJECTIVES["fpr_difference_penalized"]
DISPARATE_IMPACT = OBJECTIVES["disparate_impact"]
HIGHEST_FPR = OBJECTIVES["highest_fpr"]
HIGHEST_FNR = OBJECTIVES["highest_fnr"]
