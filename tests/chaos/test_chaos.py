"""Kills, flipped bits and requests that fail change no number; the commands themselves try more of each."""

import pytest

from tests.chaos import flips, requests
from tests.chaos.__main__ import main


def test_no_flipped_bit_is_taken_for_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert flips.main(["--every", "9973", "--workers", "1"]) == 0, capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.ray
def test_whatever_dies_the_tables_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kills", "12", "--seed", "0"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_whatever_happens_to_a_request_the_tables_are_equal(capsys: pytest.CaptureFixture[str]) -> None:
    assert requests.main(["--every", "71"]) == 0, capsys.readouterr().out
