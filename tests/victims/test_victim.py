"""Victims by name and by import path: what they are built with, and what a user's mistake is answered with."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a4g_bench import plugins
from a4g_bench.errors import A4GError, VictimError
from a4g_bench.victims.base import Victim, get_victim
from tests.victims.benches import HOUSE

SVC = "sklearn.svm:SVC"


def held(name: str, seed: int = 7, **parameters: Any) -> dict[str, Any]:
    """The parameters of the estimator that a victim builds."""
    return dict(get_victim(name, parameters).estimator(seed).get_params())


@pytest.mark.parametrize("name", plugins.names("victims"))
def test_every_registered_victim_is_built_with_its_defaults_and_called_by_its_name(name: str) -> None:
    victim = get_victim(name, {})
    assert victim.name == name
    assert victim.summary
    assert "scikit-learn" in victim.packages
    victim.check()
    assert victim.estimator(0) is not victim.estimator(0)


@pytest.mark.parametrize("name", plugins.names("victims"))
def test_built_in_victims_are_their_librarys_defaults(name: str) -> None:
    built = get_victim(name, {}).estimator(7)
    changed = {key for key, value in type(built)().get_params().items() if built.get_params()[key] != value}
    # LightGBM's three say how it computes, and how much it says, not what
    assert changed <= {"random_state", "n_jobs", "verbosity", "deterministic", "force_row_wise"}
    assert built.get_params()["random_state"] == 7


@pytest.mark.parametrize(
    "name", ["random_forest", "lightgbm", "sklearn.ensemble:RandomForestClassifier", f"{HOUSE}:HidesItsParameters"]
)
def test_threads_and_the_random_state_are_pinned(name: str) -> None:
    found = held(name)
    assert (found["n_jobs"], found["random_state"]) == (1, 7)


@pytest.mark.parametrize("name", ["random_forest", f"{HOUSE}:HidesItsParameters"])
def test_a_users_own_threads_and_random_state_stand(name: str) -> None:
    found = held(name, n_jobs=2, random_state=3)
    assert (found["n_jobs"], found["random_state"]) == (2, 3)


@pytest.mark.parametrize("name", ["svm", SVC])
def test_parameters_reach_the_class(name: str) -> None:
    found = held(name, C=0.25, kernel="linear")
    assert (found["C"], found["kernel"], found["gamma"]) == (0.25, "linear", "scale")


def test_parameters_that_a_class_needs_reach_it() -> None:
    get_victim(f"{HOUSE}:NeedsAnArgument", {"depth": 4}).check()
    assert held(f"{HOUSE}:NeedsAnArgument", depth=4) == {"depth": 4}


def test_a_class_without_random_state_and_threads_is_given_neither() -> None:
    assert held(f"{HOUSE}:Labels") == {}


def test_a_class_without_an_inspectable_signature_is_built() -> None:
    victim = get_victim(f"{HOUSE}:WithoutSignature", {"depth": 5})
    victim.check()
    assert held(f"{HOUSE}:WithoutSignature", depth=5)["depth"] == 5


def test_an_import_path_is_called_by_it() -> None:
    victim = get_victim(SVC, {})
    assert victim.name == SVC
    assert victim.seeded()


@pytest.mark.parametrize(
    ("path", "packages"),
    [
        (SVC, ("scikit-learn", "sklearn")),
        ("lightgbm:LGBMClassifier", ("scikit-learn", "lightgbm")),
        (f"{HOUSE}:Labels", ("scikit-learn", "tests")),
        ("house:Thing", ("scikit-learn", "house")),
    ],
)
def test_a_result_depends_on_the_version_of_the_class_own_package(path: str, packages: tuple[str, ...]) -> None:
    assert get_victim(path, {}).packages == packages


def test_packages_of_one_import_path_are_not_those_of_another() -> None:
    first = get_victim(SVC, {})
    get_victim("lightgbm:LGBMClassifier", {})
    assert first.packages == ("scikit-learn", "sklearn")
    assert get_victim("lightgbm", {}).packages == ("lightgbm", "scikit-learn")


LIGHTGBM = "lightgbm:LGBMClassifier"
MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown module": ("no_such_module:Thing", {}, "'no_such_module:Thing' cannot be imported: ModuleNotFoundError"),
    "unknown class": ("sklearn.svm:SVX", {}, "'sklearn.svm:SVX' cannot be imported: AttributeError"),
    "no module": (":SVC", {}, "':SVC' cannot be imported"),
    "no class": ("sklearn.svm:", {}, "'sklearn.svm:' cannot be imported"),
    "relative": (".svm:SVC", {}, "'.svm:SVC' cannot be imported"),
    "no class but a number": ("math:pi", {}, "'math:pi' cannot be built: it is no class"),
    "no classifier": (f"{HOUSE}:NoClassifier", {}, f"'{HOUSE}:NoClassifier'"),
    "no classifier, in C": ("builtins:dict", {}, "'builtins:dict'"),
    "a parameter missing": (f"{HOUSE}:NeedsAnArgument", {}, "cannot be built: TypeError"),
    "an unknown parameter": (SVC, {"gama": 1}, f"'{SVC}' cannot be built: TypeError"),
    "an unknown encoding": (SVC, {"encoding": "none"}, "encoding must be 'one-hot' or 'scaled', not 'none'"),
    "a constructor that fails": (f"{HOUSE}:RefusesToBeBuilt", {}, "cannot be built: OSError: licence expired"),
    "parameters that cannot be listed": (f"{HOUSE}:CannotBeListed", {}, f"'{HOUSE}:CannotBeListed'"),
    "a built-in's unknown parameter": ("svm", {"gama": 1}, "'sklearn.svm:SVC' cannot be built: TypeError"),
    "what is called, not built": ("shutil:rmtree", {}, "'shutil:rmtree' cannot be built: it is no class"),
    "another machine": ("lightgbm", {"machines": "host:1"}, "may not be given the parameter 'machines'"),
    "a port": (LIGHTGBM, {"local_listen_port": 1}, "may not be given the parameter 'local_listen_port'"),
    "a file": (LIGHTGBM, {"forcedsplits_filename": "x"}, "may not be given the parameter 'forcedsplits_filename'"),
    "another name of a port": (LIGHTGBM, {"port": 1}, "may not be given the parameter 'port'"),
    "an unknown name": ("svn", {}, "unknown victim 'svn' (did you mean 'svm'?)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(mistake: str) -> None:
    name, parameters, expected = MISTAKES[mistake]
    with pytest.raises(A4GError) as caught:
        get_victim(name, parameters).check()
    message = str(caught.value)
    assert expected in message
    assert "\n" not in message


def test_lightgbm_may_be_told_how_trees_grow() -> None:
    parameters = {"min_data_in_leaf": 5, "num_leaves": 7, "verbosity": -1}
    get_victim("lightgbm", parameters).check()
    assert get_victim(LIGHTGBM, parameters).estimator(0).get_params()["min_data_in_leaf"] == 5


def test_a_function_that_a_suite_names_is_not_called(folder: Path) -> None:
    (folder / "wiping.py").write_text("from pathlib import Path\ndef wipe():\n    Path(__file__).unlink()\n")
    with pytest.raises(VictimError, match="no class"):
        get_victim("wiping:wipe", {}).check()
    assert (folder / "wiping.py").exists()


def test_a_parameter_the_class_takes_but_does_not_have_is_answered_with_the_nearest() -> None:
    class Mine(Victim):
        name = "mine"
        summary = "takes anything"
        encoding = "scaled"

        def estimator(self, seed: int) -> Any:
            return get_victim(SVC, {}).estimator(seed)

    with pytest.raises(VictimError, match=r"^victim 'mine' has no parameter 'gama' \(did you mean 'gamma'\?\)$"):
        Mine(gama=1).check()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path, with what is registered looked up afresh."""
    monkeypatch.syspath_prepend(tmp_path)
    plugins._entries.cache_clear()
    yield tmp_path
    plugins._entries.cache_clear()


@pytest.mark.parametrize(
    "fault", ["raise RuntimeError('no GPU\\nhere')", "def (", "import no_such_module_at_all", "1 / 0"]
)
def test_a_module_that_fails_is_one_line(folder: Path, fault: str) -> None:
    (folder / "house_of_faults.py").write_text(fault + "\n")
    with pytest.raises(VictimError, match=r"^victim 'house_of_faults:Thing' cannot be imported: \w+: .+$") as caught:
        get_victim("house_of_faults:Thing", {}).check()
    assert "\n" not in str(caught.value)
    assert "house_of_faults" not in sys.modules


def test_what_is_registered_as_a_victim_and_is_none_is_named(folder: Path) -> None:
    about = folder / "house-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[a4g_bench.victims]\nhouse = fractions:Fraction\n")
    with pytest.raises(VictimError, match=r"^victim 'house' is registered as Fraction, which is no Victim$"):
        get_victim("house", {})
