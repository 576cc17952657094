"""``a4g-bench new``."""

import re
from pathlib import Path
from typing import Annotated

import typer

from a4g_bench.cli.output import examples
from a4g_bench.errors import A4GError, nearest

EXAMPLES = examples(
    "a4g-bench new attack my-attack",
    "a4g-bench new attack nearest-neighbours --out ~/work",
)
_KINDS = ("attack",)


def command(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="attack.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in suites: lower case, with hyphens.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to make its folder.")] = Path(),
) -> None:
    """Write a package with an attack of your own, to be changed.

    It runs as it is: install it with pip, test it with a4g-bench test-plugin, name it in a suite.
    """
    from a4g_bench.scaffold import write_attack

    if kind not in _KINDS:
        raise A4GError(f"cannot make '{kind}'{nearest(kind, _KINDS)}; other kinds of plugins: see docs/plugins.md")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise A4GError(f"'{name}': lower-case letters and digits, words joined by hyphens, such as my-attack")
    folder = out / f"a4g-{name}"
    if folder.exists():
        raise A4GError(f"'{folder}' exists: name another one, or remove it")
    for path in write_attack(name, folder):
        print(path)
    print(f"next: pip install -e {folder}, then a4g-bench test-plugin {name}")
