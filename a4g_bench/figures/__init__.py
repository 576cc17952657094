"""Pictures of a results folder, from Parquet alone. matplotlib (extra ``figures``) is imported below this package only.

``material`` reads, ``names`` names files, ``trajectories``, ``bars``, ``explored`` and ``clean`` draw one figure each,
``pictures`` lists and renders them.
"""
