"""Every constant of docs/protocol.md, by its sections. Nothing else spells one out."""

# Versions -------------------------------------------------------------------------------------------------------------

#: Of how searches and audits are made: part of a search's identity, and of a clean audit's.
PROTOCOL_VERSION = 1
#: Of what a search's identity is made of.
IDENTITY_VERSION = 1

# Splits and seeds -----------------------------------------------------------------------------------------------------

#: A table is cut into so many parts: one is audited, one is search-validation, the others are train. Seeds come in
#: blocks of as many, which rotate the parts.
FIFTHS = 5
#: The share of a table's rows that a search sees: train and search-validation.
SEEN_SHARE = (FIFTHS - 1) / FIFTHS

# Audit ----------------------------------------------------------------------------------------------------------------

#: Victim seeds per audit (R).
AUDIT_SEEDS = 5
#: ``audit_seed`` of the row that holds the mean over the audit's victim seeds.
MEAN_SEED = -1
#: A search's own gain is measured against a clean gap of at least this.
LEAST_GAP = 0.02

# Score ----------------------------------------------------------------------------------------------------------------

#: Of how boards are computed from stored predictions; boards of two versions are never mixed.
BOARD_VERSION = 2
#: The score counts the gap that is closed within this loss of accuracy.
ACCURACY_ALLOWANCE = 0.01
#: Poison budgets of a whole board, as shares of the training rows.
POISON_BUDGETS = (0.001, 0.01, 0.05)
#: Groups with fewer deserving people in the whole table are put together (equalized odds: people of either label).
LEAST_GROUP = 100
#: The control whose score an entrant's is held against, at the same budgets.
UNINFORMED_CONTROL = "random-duplicates"
#: The reference method whose score at the same allowance is what others are measured against.
REFERENCE = "threshold-optimizer"
#: The original's attack: shown for sanity, never ranked.
ORIGINAL = "ax-row-greedy"
#: A group pays in a cell where its harm rate rises by more than this.
WORSE = 0.01
#: Level of tests; intervals hold 1 less this.
LEVEL = 0.05

# Which settings count -------------------------------------------------------------------------------------------------

#: A constant classifier must cost at least this much accuracy.
LEAST_CONSTANT_COST = 0.02
#: A change is resolvable if it exceeds so many standard errors: a two-sided 5 % test sees it with 80 % power.
DETECTABLE_ERRORS = 2.8
#: The entrants whose errors say what is resolvable.
YARDSTICKS = ("cell-duplication", "leaf-influence", "influence-duplication", "sobol")

# What a search is allowed to know -------------------------------------------------------------------------------------

#: Folds of the clean victim's out-of-fold scores.
SCORE_FOLDS = 5

# Detectability --------------------------------------------------------------------------------------------------------

#: Rows of each kind that detectors learn from and are tried on.
DETECTOR_ROWS = 1000
#: Nearest clean rows whose labels are held against an added row's.
DETECTOR_NEIGHBOURS = 10

# Trade against accuracy (hypervolume) ---------------------------------------------------------------------------------

#: The reference point: U at this multiple of the clean gap, and accuracy this far below the clean one.
WORST_GAP, WORST_COST = 1.1, 0.03
