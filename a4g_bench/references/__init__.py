"""Reference lines: mitigations that are no poisoning, shown beside the ranking (:class:`Reference`)."""

from a4g_bench.references.base import Features, Groups, Labels, MitigationTask, Reference, Rows, get_reference

__all__ = ["Features", "Groups", "Labels", "MitigationTask", "Reference", "Rows", "get_reference"]
