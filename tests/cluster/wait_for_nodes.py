"""Returns once the cluster has so many nodes; exit code 1 if it does not within so many seconds."""

import sys
import time

import ray

wanted, patience = map(int, sys.argv[1:])
ray.init("auto", log_to_driver=False)
deadline = time.monotonic() + patience
while sum(node["Alive"] for node in ray.nodes()) < wanted:
    if time.monotonic() > deadline:
        sys.exit(f"{len(ray.nodes())} of {wanted} nodes")
    time.sleep(1)
