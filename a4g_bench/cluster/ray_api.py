"""What this package asks of Ray outside a run: to judge a cluster file, and to take a job. Nobody else here imports
it.
"""

import io
import logging
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from a4g_bench.errors import A4GError

#: Where `ray dashboard` brings a cluster's job server to.
DEFAULT_ADDRESS = "http://127.0.0.1:8265"

#: What Ray's launcher puts around a message: time, level and place in front, colours.
_REMARK = re.compile(r"\x1b\[\d*m|^\S+ \S+ [A-Z]+ \S+ -- ")

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def schema_error(config: Mapping[str, Any]) -> str | None:
    """Why Ray's launcher would refuse a cluster file, in one line; None if it would not."""
    import click
    import jsonschema
    from ray.autoscaler._private.util import prepare_config, validate_config

    logging.getLogger("ray").setLevel(logging.CRITICAL)
    told = io.StringIO()
    try:
        with redirect_stdout(told), redirect_stderr(told):
            validate_config(prepare_config(deepcopy(dict(config))))
    except jsonschema.ValidationError as error:
        place = ".".join(map(str, error.absolute_path))
        return f"{place}: {error.message}" if place else str(error.message)
    except click.ClickException as error:
        return _REMARK.sub("", " ".join(told.getvalue().split())) or error.format_message()
    except Exception as error:  # Ray's own code meets whatever the file says
        return f"{type(error).__name__}: {error}"
    return None


def submit(address: str, entrypoint: str, folder: Path) -> str:
    """Hand a command line to a cluster's job server, with a folder to run it in; returns the job's id.

    Raises ``A4GError`` in one line if that is not possible.
    """
    if find_spec("aiohttp") is None or find_spec("grpc") is None:
        raise A4GError("--submit needs Ray's job client: pip install 'a4g-bench[cluster]'")
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
