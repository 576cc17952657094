"""Twelve kills at random moments change no number; ``python -m tests.chaos`` does more of them."""

import pytest

from tests.chaos.__main__ import main


@pytest.mark.slow
@pytest.mark.ray
def test_whatever_dies_the_tables_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kills", "12", "--seed", "0"]) == 0, capsys.readouterr().out
