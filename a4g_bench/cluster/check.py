"""Holding a cluster file against all that can be known before anything is started: no network, no cloud."""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import yaml

from a4g_bench.cluster.common import Problem
from a4g_bench.cluster.kuberay import kuberay_problems
from a4g_bench.cluster.launcher import launcher_problems
from a4g_bench.errors import A4GError

_MAX_BYTES = 1_000_000
_MAX_ALIASES = 100
_PLACEHOLDER = re.compile(r"[\w./:-]*change-me[\w./:-]*", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_EXAMPLES = [ip_network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


@dataclass(frozen=True)
class Checked:
    """A cluster file's kind (``aws``, ``local``, ``gcp``, ``kuberay``, ...) and what is wrong with it."""

    kind: str
    problems: list[Problem]


def check_file(path: str) -> Checked:
    """Check a file for Ray's cluster launcher or a KubeRay manifest. Raises ``A4GError`` if it is neither."""
    text = _read(path)
    documents = _parse(text, path)
    placeholders = _placeholders(text, path)
    if any("apiVersion" in document for document in documents):
        return Checked("kuberay", placeholders + kuberay_problems(documents))
    if len(documents) > 1:
        raise A4GError(f"{path}: more than one document (---): a file for Ray's cluster launcher is one")
    [config] = documents
    provider = config.get("provider")
    if not isinstance(provider, dict) or not isinstance(provider.get("type"), str):
        raise A4GError(f"{path}: no 'provider: {{type: ...}}' and no 'apiVersion': not a cluster file")
    return Checked(provider["type"], placeholders + launcher_problems(config))


def _read(path: str) -> str:
    try:
        if Path(path).stat().st_size > _MAX_BYTES:
            raise A4GError(f"{path}: larger than {_MAX_BYTES:,} bytes: not a cluster file")
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise A4GError(f"{path}: not a text file in UTF-8 (byte {error.start})") from error
    except (OSError, ValueError) as error:
        raise A4GError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _parse(text: str, path: str) -> list[dict[str, Any]]:
    try:
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if aliases > _MAX_ALIASES:
            raise A4GError(f"{path}: more than {_MAX_ALIASES} aliases (*name): not a cluster file")
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise A4GError(f"{path}:{mark.line + 1 if mark else 1}: {error.problem or 'not valid YAML'}") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise A4GError(f"{path}: not valid YAML: {' '.join(str(error).split())[:200]}") from error
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise A4GError(f"{path}: a cluster file is a mapping of keys such as 'provider'")
    return documents


def _placeholders(text: str, path: str) -> list[Problem]:
    """Lines that still say what they were shipped with."""
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        stated = re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
        placeholders = [*_PLACEHOLDER.findall(stated), *filter(_is_example, _ADDRESS.findall(stated))]
        problems += [Problem(f"{path}:{number}", f"still '{text}'", "put in your own") for text in placeholders]
    return problems


def _is_example(text: str) -> bool:
    try:
        return any(ip_address(text) in block for block in _EXAMPLES)
    except ValueError:
        return False
