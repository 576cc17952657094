"""One HTML page of a board: ``data`` gathers what it says, ``page`` writes it.

jinja is imported here only.

From Parquet alone: no engine, victims or attacks are imported.
"""

from a4g_bench.reporting.page import page_of, write_page

__all__ = ["page_of", "write_page"]
