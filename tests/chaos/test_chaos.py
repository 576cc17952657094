"""Kills at random moments change no number, and no flipped bit passes; the commands themselves do more of either."""

import pytest

from tests.chaos import flips
from tests.chaos.__main__ import main


def test_no_flipped_bit_is_taken_for_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert flips.main(["--every", "9973", "--workers", "1"]) == 0, capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.ray
def test_whatever_dies_the_tables_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kills", "12", "--seed", "0"]) == 0, capsys.readouterr().out
