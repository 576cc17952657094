"""Writes the test's cluster file: the shipped one for machines of one's own, with this test's addresses, key and
environment.
"""

import sys
from pathlib import Path

import yaml

# Two nodes of one machine share its loopback interface, so each is told its address, a core, and a port of its own.
ONLY_HERE = "--node-ip-address=$NODE_IP --num-cpus=1 --dashboard-agent-listen-port=$AGENT_PORT"

top, work = map(Path, sys.argv[1:])
config = yaml.safe_load((top / "cluster" / "local.yaml").read_text())
config["provider"].update(head_ip="127.0.0.2", worker_ips=["127.0.0.3"])
config["auth"] = {"ssh_user": "root", "ssh_private_key": str(work / "key")}
environment = Path(sys.prefix)
config["setup_commands"] = [
    f"ln -sfn {environment} ~/a4g-env" if "venv" in command else command
    for command in config["setup_commands"]
    if "pip install" not in command
]
for key in ("head_start_ray_commands", "worker_start_ray_commands"):
    config[key] = [c.replace("ray start", f"ray start {ONLY_HERE}") for c in config[key]]
(work / "cluster.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
