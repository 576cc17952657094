"""Whether anybody listens where a run is told to find a cluster."""

import socket
from pathlib import Path

import pytest

from a4g_bench.distributed.address import require_listener
from a4g_bench.errors import A4GError


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cluster has run on this machine."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_where_nobody_listens_is_told(nobody: str, scheme: str) -> None:
    with pytest.raises(A4GError, match=f"^no Ray cluster answers at {scheme}{nobody}: connection refused$"):
        require_listener(scheme + nobody)


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_where_somebody_listens_all_is_well(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_listener(f"{scheme}127.0.0.1:{server.getsockname()[1]}")


def test_auto_is_what_ran_here_before(nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_listener("auto")  # nothing ran here: Ray says so
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(nobody)
    with pytest.raises(A4GError, match=f"{nobody}, where a cluster ran here before: connection refused"):
        require_listener("auto")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        require_listener("auto")


@pytest.mark.parametrize("address", ["local", "anyscale://mine", "[::1", "host:port", "1:2:3:99999999"])
def test_any_other_address_is_left_to_ray(address: str) -> None:
    require_listener(address)
