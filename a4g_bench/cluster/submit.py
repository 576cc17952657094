"""Handing a run to a cluster as a job: the suite and the tables it names travel, everything else stays."""

import re
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from a4g_bench.cluster import ray_api
from a4g_bench.errors import A4GError
from a4g_bench.suite.load import LoadedSuite, load_suite

_SUITE = "suite.yaml"


def submit_run(
    suite: str, results: str | None, address: str | None, options: Sequence[str], allow_import: Sequence[str] = ()
) -> tuple[str, str]:
    """Submit ``a4g-bench run SUITE --address auto`` with more options; returns the job's id and the job server.

    ``results`` must mean the same on the cluster as here: a URI, or an absolute path of the head. Raises ``A4GError``.
    """
    if results is None or not (re.match(r"[a-z][a-z0-9+.-]*://", results) or Path(results).is_absolute()):
        raise A4GError(
            "--submit needs --results: a URI such as s3://bucket/folder, or an absolute path on the cluster's head"
        )
    server = ray_api.DEFAULT_ADDRESS if address in (None, "auto") else address
    assert server is not None
    loaded = load_suite(suite, allow_import)
    modules = [word for module in allow_import for word in ("--allow-import", module)]
    words = ["a4g-bench", "run", _SUITE, "--address", "auto", "--results", results, *modules, *options]
    with tempfile.TemporaryDirectory(prefix="a4g-bench-") as folder:
        _pack(loaded, Path(folder))
        return ray_api.submit(server, shlex.join(words), Path(folder)), server


def _pack(loaded: LoadedSuite, folder: Path) -> None:
    """Copy the suite file, and its tables to where the suite will look for them."""
    home = loaded.folder
    shutil.copyfile(home / _name(loaded), folder / _SUITE)
    for entry in loaded.suite.datasets:
        if entry.source is None or "://" in entry.source.file:
            continue
        file = Path(entry.source.file)
        table = home / file.expanduser()
        if file.is_absolute() or not table.resolve().is_relative_to(home.resolve()) or ".." in file.parts:
            raise A4GError(
                f"data set '{entry.label}': {file} is outside the suite's folder, so the job cannot take it along: move"
                " it there, or give a URI"
            )
        if not table.is_file():
            raise A4GError(f"data set '{entry.label}': no file {file} beside the suite")
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(table, folder / file)


def _name(loaded: LoadedSuite) -> str:
    name = Path(loaded.path).name
    return name if (loaded.folder / name).is_file() else f"{name}.yaml"
