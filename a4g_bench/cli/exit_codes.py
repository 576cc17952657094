"""What the command line's exit codes mean. Scripts and CI may rely on them."""

#: All planned searches are complete (or the command did what it was asked).
COMPLETE = 0
#: Some searches failed: their rows say why, the others are usable.
FAILED = 1
#: Bad usage or bad input: one line on standard error says what and where.
USAGE = 2
#: Incomplete: interrupted, limited, or not run yet. Running the same command again goes on.
INCOMPLETE = 3
#: An error of a4g-bench itself (sysexits' EX_SOFTWARE); --debug shows the traceback.
INTERNAL = 70
