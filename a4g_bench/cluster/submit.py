"""What only Ray can say of a cluster file, and handing a run to a cluster as a job with the suite's own tables."""

import io
import logging
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from a4g_bench.distributed import environment
from a4g_bench.errors import A4GError
from a4g_bench.suite.load import LoadedSuite, load_suite
from a4g_bench.suite.reading import check_readable

#: Where `ray dashboard` brings a cluster's job server to.
DEFAULT_ADDRESS = "http://127.0.0.1:8265"

#: What Ray's launcher puts around a message: time, level and place in front, colours.
_REMARK = re.compile(r"\x1b\[\d*m|^\S+ \S+ [A-Z]+ \S+ -- ")


def schema_error(config: Mapping[str, Any]) -> str | None:
    """Why Ray's launcher would refuse a cluster file, in one line; None if it would not."""
    environment.prepare()
    import click
    import jsonschema
    from ray.autoscaler._private.util import prepare_config, validate_config

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    output = io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(output):
            validate_config(prepare_config(deepcopy(dict(config))))
    except jsonschema.ValidationError as error:
        place = ".".join(map(str, error.absolute_path))
        return f"{place}: {error.message}" if place else str(error.message)
    except click.ClickException as error:
        return _REMARK.sub("", " ".join(output.getvalue().split())) or error.format_message()
    except Exception as error:  # Ray's own code meets whatever the file says
        return f"{type(error).__name__}: {error}"
    return None


def submit(address: str, entrypoint: str, folder: Path) -> str:
    """Hand a command line to a cluster's job server, with a folder to run it in; returns the job's id.

    Raises ``A4GError`` in one line if that is not possible.
    """
    if find_spec("aiohttp") is None or find_spec("grpc") is None:
        raise A4GError("--submit needs Ray's job client: pip install 'a4g-bench[cluster]'")
    environment.prepare()
    _use_token()
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            client = JobSubmissionClient(address)
            job = client.submit_job(entrypoint=entrypoint, runtime_env={"working_dir": str(folder)})
    except AuthenticationError as error:
        raise A4GError(
            f"the job server at {address} refuses this machine's token: use the cluster's (~/.ray/auth_token, or"
            " RAY_AUTH_TOKEN_PATH)"
        ) from error
    except ConnectionError as error:
        raise A4GError(
            f"no job server answers at {address}: `ray dashboard CLUSTER_FILE` brings a cluster's to {DEFAULT_ADDRESS}"
        ) from error
    except (RuntimeError, ValueError, OSError) as error:
        raise A4GError(f"the job server at {address} does not take the job: {' '.join(str(error).split())}") from error
    return str(job)


def _use_token() -> None:
    """Send the cluster's token if there is one and nobody decided otherwise."""
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    if os.environ.get("RAY_AUTH_TOKEN") or path.is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


_SUITE = "suite.yaml"


def submit_run(
    suite: str,
    results: str | None,
    address: str | None,
    options: Sequence[str],
    allow_import: Sequence[str] = (),
    allow_read: Sequence[str] = (),
) -> tuple[str, str]:
    """Submit ``a4g-bench run SUITE --address auto`` with more options; returns the job's id and the job server.

    ``results`` must mean the same on the cluster as here: a URI, or an absolute path of the head. Raises ``A4GError``.
    """
    if results is None or not (re.match(r"[a-z][a-z0-9+.-]*://", results) or Path(results).is_absolute()):
        raise A4GError(
            "--submit needs --results: a URI such as s3://bucket/folder, or an absolute path on the cluster's head"
        )
    server = DEFAULT_ADDRESS if address in (None, "auto") else address
    assert server is not None
    loaded = load_suite(suite, allow_import, allow_read=allow_read)
    trusted = [word for module in allow_import for word in ("--allow-import", module)]
    trusted += [word for place in allow_read for word in ("--allow-read", place)]
    words = ["a4g-bench", "run", _SUITE, "--address", "auto", "--results", results, *trusted, *options]
    with tempfile.TemporaryDirectory(prefix="a4g-bench-") as folder:
        _pack(loaded, Path(folder))
        return submit(server, shlex.join(words), Path(folder)), server


def _pack(loaded: LoadedSuite, folder: Path) -> None:
    """Copy the suite file, and its tables to where the suite will look for them."""
    home = loaded.folder
    shutil.copyfile(home / _name(loaded), folder / _SUITE)
    for entry in loaded.suite.datasets:
        if entry.source is None:
            continue
        if "://" in entry.source.file:
            check_readable(entry, home, loaded.allow_read)
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
