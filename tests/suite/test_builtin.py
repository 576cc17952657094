"""Every suite that comes with the package can be read, and names what is registered."""

import pytest

from a4g_bench.suite.check import check_suite
from a4g_bench.suite.load import builtin_folder, builtin_names, load_suite


@pytest.mark.parametrize("name", builtin_names())
def test_a_built_in_suite_is_valid_and_named_as_its_file(name: str) -> None:
    loaded = load_suite(str(builtin_folder() / f"{name}.yaml"))
    check_suite(loaded)
    assert loaded.suite.name == name
