"""Environment variables of a run. Ray reads them when it is imported and when it starts: they are set before."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

#: For numerical libraries: one thread. A run's processes have it on every node of a cluster.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

#: Read by Ray and by numerical libraries when they start: no telemetry, no log files per trial, no niceness.
ENVIRONMENT = {
    **THREADS,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    # several batches may run before Tune hears of them: its round trip costs as much as a fast fit
    "TUNE_RESULT_BUFFER_LENGTH": "1000",
    "TUNE_RESULT_BUFFER_MIN_TIME_S": "1",
    # the journals in the results folder are the state of a run: what Tune would write of all its trials is not read
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",
    # a Ray whose directory is gone does not come back: end then, and go on by running again
    "RAY_gcs_rpc_server_reconnect_timeout_s": "20",
}


def prepare() -> None:
    """Set what a run relies on, where the user has not decided otherwise. To be called before Ray is imported."""
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)


def stay_on_loopback() -> None:
    """Have a Ray that is started here listen on the loopback interface only. To be called before Ray is imported.

    Without clusters Ray uses the loopback address, and its servers then listen nowhere else; the variable's name comes
    from the systems on which that is the default.
    """
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


def ask_for_token() -> None:
    """Have a Ray that is started here answer to nobody without this user's token, and the token to nobody else.

    Ray itself writes the token so that everybody on the machine can read it. To be called before Ray is imported.
    """
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        return
    with suppress(OSError, RuntimeError):  # no home, or one that cannot be written: then Ray says so
        path = Path.home() / ".ray" / "auth_token"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
        ):
            file.write(secrets.token_hex(32))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
