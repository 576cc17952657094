"""What a suite says of the time and the memory of a fit."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

_SECONDS: dict[str, float] = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_BYTES: dict[str, float] = {
    "": 1,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "kB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "MiB": 2**20,
    "GiB": 2**30,
}


def _measured(value: Any, units: dict[str, float], example: str) -> Any:
    """A number with a unit as a number; null (no limit) and pydantic's own input pass."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", value) if isinstance(value, str) else None
    if match and match.group(2) in units:
        return float(match.group(1)) * units[match.group(2)]
    if isinstance(value, str | bool):
        raise ValueError(f"'{value}' is not understood: write it as {example}")
    return value


class Limits(BaseModel):
    """Per fit: wall seconds (``90``, ``90s``, ``5m``) and memory of its process (``2GB``). None is no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: float | None = Field(default=600.0, gt=0, allow_inf_nan=False)
    memory: int | None = Field(default=None, ge=100_000_000)

    @field_validator("time", mode="before")
    @classmethod
    def _time(cls, value: Any) -> Any:
        return _measured(value, _SECONDS, "90s, 5m or 1h")

    @field_validator("memory", mode="before")
    @classmethod
    def _memory(cls, value: Any) -> Any:
        measured = _measured(value, _BYTES, "500MB or 2GB")
        return round(measured) if isinstance(value, str) else measured
