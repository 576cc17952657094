"""a4g-bench: which few added training rows make somebody else's classifier fairer, measured on held-out people."""

__version__ = "0.1.0"
