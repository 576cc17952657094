"""Hooks of the site: pages that are kept elsewhere or made from the code, and the links between them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
#: Files above the folder of the pages, with the pages that they become.
ABOVE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "a4g_bench/data/census/README.md": "census.md",
}
_ROLE = re.compile(r":(?:func|class|meth|mod|attr|data):<code>~?(?:[\w.]+\.)?(\w+)</code>")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are no files of their folder."""
    made = {
        **{page: _below((ROOT / name).read_text()) for name, page in ABOVE.items()},
        "reference/commands.md": "\n".join(_commands()),
        "reference/names.md": "\n".join(_names()),
    }
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links that lead above the folder of the pages."""
    for name, page in ABOVE.items():
        markdown = markdown.replace(f"](../{name}", f"]({page}")
    return re.sub(r"\[([^\]]+)\]\(\.\./(?:results|examples|suites)[^)]*\)", r"\1", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Names that docstrings mark up as references."""
    return _ROLE.sub(r"<code>\1</code>", html)


def _below(text: str) -> str:
    """A page from above: its links as seen from the folder of the pages."""
    for name, page in ABOVE.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text.replace("](docs/", "](")


def _commands() -> Iterator[str]:
    """Every command's help, as it is printed."""
    from typer.main import get_command

    from a4g_bench.cli.app import app

    yield "# Commands\n\nWhat `a4g-bench COMMAND --help` prints.\n"
    root = get_command(app)
    for name, command in _walked(root, "a4g-bench"):
        context = command.make_context(name, [], resilient_parsing=True, terminal_width=100, max_content_width=100)
        yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"


def _walked(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _walked(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _names() -> Iterator[str]:
    """What a suite can name, from the registry."""
    from a4g_bench import plugins
    from a4g_bench.parameters import declared_by, markdown

    yield "# What a suite can name\n\nBuilt in; `a4g-bench list KIND` shows what is installed, plugins of others too.\n"
    kinds: tuple[plugins.Kind, ...] = ("datasets", "victims", "attacks", "defences", "references", "metrics")
    for kind in kinds:
        named = {name: plugins.get(kind, name) for name in plugins.names(kind)}
        yield f"## {kind.capitalize()}\n\n| name | |\n|---|---|"
        for name, plugin in named.items():
            yield f"| `{name}` | {str(plugin.summary).replace('|', chr(92) + '|')} |"
        yield ""
        if any(declared_by(plugin) for plugin in named.values()):
            yield f"### Parameters of {kind}\n\n{markdown(named)}"
