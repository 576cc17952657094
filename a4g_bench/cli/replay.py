"""``a4g-bench replay``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.filters import SearchId, Where
from a4g_bench.cli.output import AllowImport, Json, examples, print_json, print_table
from a4g_bench.cli.show import default_roots, locate
from a4g_bench.errors import A4GError

if TYPE_CHECKING:
    from a4g_bench.engine.replay import Replayed
    from a4g_bench.suite.grid import Spec
    from a4g_bench.suite.plan import Subject

EXAMPLES = examples(
    "a4g-bench replay s1-0123456789abcdef",
    "a4g-bench replay s1-0123 --results results/mine --suite mine.yaml",
)


_FIGURE = ("role", "metric", "stored", "replayed")


def command(
    search_id: SearchId,
    results: Where = None,
    suite: Annotated[
        str | None,
        typer.Option("--suite", metavar="SUITE", help="The suite that made it. Default: the built-in one of its name."),
    ] = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Train on the stored poison rows of a search again, and say whether its figures hold.

    Exit code 0 if every prediction is the stored one: then the folder notes the search as verified. Exit code 1 if any
    differs; what changed since (versions of packages, say) is told.
    """
    from a4g_bench.engine.replay import replay

    known_id, folder = locate(search_id, results or default_roots())
    record = folder.read_search(known_id)
    if record is None:
        raise A4GError(f"search '{known_id}' cannot be read in '{folder.root}'")
    spec, subject = _made_by(record.search, suite or record.search["suite"], allow_import or [])
    found = replay(folder, record, spec, subject)
    if found.verified:
        folder.note_verified(known_id, found.versions)
    if as_json:
        print_json(
            {
                "search_id": found.search_id,
                "verified": found.verified,
                "predictions": found.predictions,
                "flipped": {"clean": found.flipped[0], "poisoned": found.flipped[1]},
                "figures": [
                    dict(zip(("role", "metric", "stored", "replayed"), row, strict=True)) for row in found.figures
                ],
                "versions": {name: list(both) for name, both in found.versions.items()},
            }
        )
    else:
        _print(found)
    raise typer.Exit(exit_codes.COMPLETE if found.verified else exit_codes.FAILED)


def _made_by(search: dict[str, Any], suite: str, allow_import: list[str]) -> "tuple[Spec, Subject]":
    """The search's spec in its suite, and its data. Raises ``A4GError`` if the suite has no such search (any more)."""
    from a4g_bench.suite.grid import expand
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import load_subject

    loaded = load_suite(suite, allow_import)
    place = ("victim", "attack", "objective", "budget", "query_budget", "seed")
    wanted = tuple(search[name] for name in place)
    for spec in expand(loaded.suite):
        at = (
            spec.victim.label, spec.attack.label, spec.objective.label, spec.budget.text, spec.query_budget, spec.seed,
        )  # fmt: skip
        names = (spec.dataset.label, spec.dataset.fallback)
        if at == wanted and search["dataset"] in names and spec.dataset.attribute in (None, search["attribute"]):
            subject, _ = load_subject(spec.dataset, loaded.folder)
            if subject.attribute == search["attribute"]:
                return spec, subject
    raise A4GError(f"suite '{suite}' has no search like '{search['search_id']}': name the suite that made it (--suite)")


def _print(found: "Replayed") -> None:
    if found.verified:
        print(
            f"verified: all {found.predictions} predictions of the clean and of the poisoned victim are the stored ones"
        )
    else:
        clean, poisoned = found.flipped
        print(
            f"differs: {clean} predictions of the clean and {poisoned} of the poisoned victim, of {found.predictions}"
        )
    rows = [
        {"victim": role, "metric": name.replace("_", " "), "stored": f"{old:.6f}", "replayed": f"{new:.6f}"}
        for role, name, old, new in found.figures
    ]
    print_table(rows)
    if found.versions:
        told = ", ".join(f"{name} {then} -> {now}" for name, (then, now) in found.versions.items())
        print(f"versions since: {told}")
