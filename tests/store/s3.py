"""An S3 server of its own, with a bucket, behind a proxy that can fail."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from pyarrow import fs

from tests.store.proxy import Proxy

SECRET = "wJalrXUtnFEMI-not-to-be-shown"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
BUCKET = "bench"


def uri(proxy: Proxy, folder: str, user: str = "") -> str:
    """A results folder in the bucket, as a user gives it; ``user`` such as ``key:secret@``."""
    return f"s3://{user}{BUCKET}/{folder}?scheme=http&endpoint_override={proxy.endpoint}&region=us-east-1"


@contextmanager
def s3() -> Iterator[Proxy]:
    """Start a server with an empty bucket, with credentials in the environment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        mock.patch.dict(os.environ, ENVIRONMENT),
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server,
    ):
        proxy = Proxy(port)
        try:
            _wait_for(port, server)
            system, _ = fs.FileSystem.from_uri(f"{uri(proxy, '')}&allow_bucket_creation=true")
            system.create_dir(BUCKET)
            yield proxy
        finally:
            proxy.kill()
            server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert server.poll() is None, "moto does not start: pip install 'moto[server]'"
            assert time.monotonic() < until
            time.sleep(0.05)
