"""Clusters: holding a cluster file against what is known before anything is started, and handing a run to one."""
