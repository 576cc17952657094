"""Defences: what a company may do to its training table before it trains (:class:`Defence`)."""

from a4g_bench.defences.base import Defence, Features, Labels, Screened, get_defence, without_worst

__all__ = ["Defence", "Features", "Labels", "Screened", "get_defence", "without_worst"]
