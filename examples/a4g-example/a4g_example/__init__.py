"""Plugins for a4g-bench: one of each kind, each as short as it can be."""
