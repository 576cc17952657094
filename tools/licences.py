"""The licences of all packages that an install brings: ``python -m tools.licences [--extra NAME] > licences.md``."""

import argparse
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(root: str, extras: frozenset[str]) -> dict[str, Distribution]:
    """The distributions that ``root`` with these extras needs on this machine, by name, itself left out."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, extras)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue  # for another system, or an extra that is not installed
        found[canonicalize_name(name)] = here
        for text in here.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in ("", *wanted)):
                waiting.append((needed.name, frozenset(needed.extras)))
    found.pop(canonicalize_name(root), None)
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """What its metadata says: the expression, else the classifiers, else the first line of the field."""
    told = package.metadata.json
    if told.get("license_expression"):
        return str(told["license_expression"])
    classifiers = [text.rpartition(" :: ")[2] for text in told.get("classifier", ()) if text.startswith("License")]
    if classifiers:
        return "; ".join(classifiers)
    field = str(told.get("license") or "").strip().splitlines()
    return field[0][:60] if field else "not stated"


def lines(extras: frozenset[str]) -> Iterator[str]:
    """A table of GitHub Markdown."""
    yield "| package | version | licence |"
    yield "|---|---|---|"
    for name, package in closure("a4g-bench", extras).items():
        yield f"| {name} | {package.version} | {licence(package)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--extra", action="append", default=[], metavar="NAME", help="an extra of a4g-bench (repeatable)"
    )
    print("\n".join(lines(frozenset(parser.parse_args().extra))))


if __name__ == "__main__":
    main()
