"""Speed and memory, measured by commands; see each module's ``--help``."""
