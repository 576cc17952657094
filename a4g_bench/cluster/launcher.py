"""What can be wrong with a file for Ray's cluster launcher (`ray up`)."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from a4g_bench.cluster.common import Problem, pins_of, version_problems
from a4g_bench.cluster.submit import schema_error

Config = Mapping[str, Any]
_GENERATE = "ray get-auth-token --generate >/dev/null && chmod 600 ~/.ray/auth_token"
_SSH = 22


def launcher_problems(config: Config) -> list[Problem]:
    """Everything wrong with a parsed file; local paths in it are taken from the current folder, as `ray up` does."""
    reason = schema_error(config)
    if reason is not None:  # what follows relies on the schema
        return [
            Problem("schema", " ".join(reason.split())[:300], "see docs.ray.io, cluster YAML configuration options")
        ]
    checks = (_mounts, _token, _keys, _credentials, _environment, _ports, _autoscaler)
    return list(chain.from_iterable(check(config) for check in checks))


def _mounts(config: Config) -> Iterator[Problem]:
    for remote, local in (config.get("file_mounts") or {}).items():
        if not _is_token(remote) and not _path(local).exists():
            yield Problem(
                f"file_mounts.{remote}", f"'{local}' does not exist here", "run it from the top of a checkout"
            )


def _token(config: Config) -> Iterator[Problem]:
    for key in ("head_start_ray_commands", "worker_start_ray_commands"):
        starts = [command for command in config.get(key) or [] if "ray start" in command]
        if not starts:
            yield Problem(key, "no command starts Ray, so Ray's default does, open to all", "take the shipped file's")
        for command in starts:
            if "RAY_AUTH_MODE=token" not in command:
                yield Problem(key, "Ray answers without a token", "put RAY_AUTH_MODE=token in front of `ray start`")
    mounts = {remote: local for remote, local in (config.get("file_mounts") or {}).items() if _is_token(remote)}
    if not mounts:
        yield Problem("file_mounts", "no token reaches the nodes", "add '~/.ray/auth_token: ~/.ray/auth_token'")
    for remote, local in mounts.items():
        where, path = f"file_mounts.{remote}", _path(local)
        if not path.is_file() or not path.stat().st_size:
            yield Problem(where, f"no token at {local}", _GENERATE)
        elif path.stat().st_mode & 0o077:
            yield Problem(where, f"others on this machine can read {local}", f"chmod 600 {local}")


def _is_token(remote: str) -> bool:
    return remote.endswith("/.ray/auth_token")


def _keys(config: Config) -> Iterator[Problem]:
    where, key = "auth.ssh_private_key", (config.get("auth") or {}).get("ssh_private_key")
    if key is None:
        if config["provider"]["type"] == "local":
            yield Problem(where, "not given, but the head needs a key to reach the workers", "name a private key")
        return
    path = _path(key)
    if not path.is_file():
        yield Problem(where, f"no key at {key}", f"name the key you log in with, or make one: ssh-keygen -f {key}")
    elif path.stat().st_mode & 0o077:
        yield Problem(where, f"others on this machine can read {key}, so ssh refuses it", f"chmod 600 {key}")


def _credentials(config: Config) -> Iterator[Problem]:
    provider = config["provider"]
    if provider["type"] == "aws":
        yield from _packages("boto3", "cluster")
        known = (
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        )
        files = (
            os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
            os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
        )
        if not _any(known, files) and "aws_credentials" not in provider:
            yield Problem("provider", "no AWS credentials here", "aws configure, or set AWS_PROFILE")
    if provider["type"] == "gcp":
        yield from _packages("googleapiclient", "gcp")
        folder = os.environ.get("CLOUDSDK_CONFIG", "~/.config/gcloud")
        file = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", f"{folder}/application_default_credentials.json")
        if not _any((), (file,)) and "gcp_credentials" not in provider:
            yield Problem("provider", "no Google Cloud credentials here", "gcloud auth application-default login")


def _packages(module: str, extra: str) -> Iterator[Problem]:
    if find_spec(module) is None:
        yield Problem("provider", f"'{module}' is not installed here", f"pip install 'a4g-bench[{extra}]'")


def _any(variables: Iterable[str], files: Iterable[str]) -> bool:
    return any(os.environ.get(name) for name in variables) or any(_path(name).is_file() for name in files)


def _environment(config: Config) -> Iterator[Problem]:
    """The nodes' packages against the locked ones and against this machine's."""
    keys = ("initialization_commands", "setup_commands", "head_setup_commands", "worker_setup_commands")
    commands = {key: config.get(key) or [] for key in keys}
    mounts = config.get("file_mounts") or {}
    locked = [local for remote, local in mounts.items() if Path(remote).name == "constraints.txt"]
    pins: dict[str, str] = {}
    if not locked:
        yield Problem("file_mounts", "constraints.txt does not reach the nodes", "mount it, and install with -c")
    elif _path(locked[0]).is_file():
        pins = pins_of(_path(locked[0]).read_text(encoding="utf-8", errors="replace"))
    yield from version_problems(commands, pins)


def _ports(config: Config) -> Iterator[Problem]:
    for position, rule in enumerate((config["provider"].get("security_group") or {}).get("IpPermissions") or []):
        where = f"provider.security_group.IpPermissions.{position}"
        ports = {rule.get("FromPort"), rule.get("ToPort")}
        sources = [source for key in ("IpRanges", "Ipv6Ranges", "PrefixListIds") for source in rule.get(key) or []]
        if sources and (ports != {_SSH} or rule.get("IpProtocol") not in ("tcp", "6", 6)):
            shown = "-".join(str(rule.get(key, "any")) for key in ("FromPort", "ToPort"))
            yield Problem(where, f"ports {shown} are open to outside", "remove the rule: ssh carries what you need")
    for name, kind in (config.get("available_node_types") or {}).items():
        tags = ((kind.get("node_config") or {}).get("tags") or {}) if isinstance(kind, Mapping) else {}
        for tag in tags.get("items") or [] if isinstance(tags, Mapping) else []:
            if tag in ("http-server", "https-server"):
                where = f"available_node_types.{name}.node_config.tags"
                yield Problem(where, f"the tag '{tag}' opens a web port", "remove it")
    for option in (config.get("docker") or {}).get("run_options") or []:
        if re.match(r"(-p\b|--publish|-P\b)", str(option)):
            yield Problem("docker.run_options", f"'{option}' publishes a port", "remove it")
    for key in ("head_start_ray_commands", "worker_start_ray_commands"):
        for command in config.get(key) or []:
            match = re.search(r"--dashboard-host[= ](\S+)", command)
            if match and match.group(1).strip("'\"") not in ("127.0.0.1", "localhost", "::1"):
                what = f"the dashboard listens on {match.group(1)}"
                yield Problem(key, what, "--dashboard-host=127.0.0.1; `ray dashboard` reaches it through ssh")


def _autoscaler(config: Config) -> Iterator[Problem]:
    if config["provider"]["type"] == "local" and not any(
        "RAY_enable_autoscaler_v2=0" in command for command in config.get("head_start_ray_commands") or []
    ):
        yield Problem(
            "head_start_ray_commands",
            "Ray's newer autoscaler may never start the workers of a local cluster",
            "put RAY_enable_autoscaler_v2=0 in front of `ray start`",
        )


def _path(text: Any) -> Path:
    return Path(os.path.expandvars(str(text))).expanduser()
