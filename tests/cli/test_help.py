"""Help, lists, completion, and how little is imported for them."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from typer.main import get_command

from a4g_bench import __version__
from a4g_bench.cli.app import app
from tests.support import command, complaint, python, said, tree, write_suite

HEAVY = (
    "ray", "ax", "torch", "sklearn", "pandas", "numpy", "pyarrow", "lightgbm", "matplotlib", "scipy",
)  # fmt: skip


def commands(group: Any = None, *before: str) -> Iterator[tuple[str, ...]]:
    """The words of every command that the help lists, those of groups included."""
    for name, built in (group or get_command(app)).commands.items():
        if hasattr(built, "commands"):
            yield from commands(built, *before, name)
        elif not built.hidden:
            yield *before, name


COMMANDS = tuple(commands())


def test_every_command_is_looked_at() -> None:
    assert len(COMMANDS) >= 28
    assert ("cluster", "check") in COMMANDS


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_has_examples_on_lines_of_their_own(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    answer = said(capsys, *words, "--help")
    assert (answer.code, answer.err) == (0, "")
    _, _, shown = answer.out.partition("Examples:\n")
    examples = shown.splitlines()
    assert any(f"a4g-bench {' '.join(words)}" in line for line in examples)
    assert all(line.startswith("    ") and "a4g-bench " in line for line in examples)


@pytest.mark.parametrize("group", [(), ("cluster",)], ids=["all", "cluster"])
def test_the_help_lists_every_command_with_a_whole_sentence(
    capsys: pytest.CaptureFixture[str], group: tuple[str, ...]
) -> None:
    answer = said(capsys, *group, "--help")
    assert answer.code == 0
    lines = answer.out.partition("Commands:\n")[2].splitlines()
    for name in dict.fromkeys(words[len(group)] for words in COMMANDS if words[: len(group)] == group):
        [line] = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.endswith("."), line
        assert not line.endswith("..."), line


def test_the_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Exit codes: 0 complete" in said(capsys, "--help").out


def test_no_command_at_all_shows_the_help_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys)
    assert (answer.code, answer.out) == (2, "")
    assert "Commands:" in answer.err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version").out == f"{__version__}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["plann"], "no such command 'plann'. Did you mean 'plan', 'clean'? (a4g-bench --help)"),
        (["plan"], "missing argument 'SUITE' (a4g-bench plan --help)"),
        (["plan", "quick", "--jsn"], "no such option: --jsn (Possible options: --json) (a4g-bench plan --help)"),
        (["list", "atacks"], "'atacks' is not one of 'datasets', 'victims', 'attacks', 'references', 'defences', "),
        (["show", "s1", "--rows", "-1"], "'--rows': must be greater than or equal to 0"),
        (["--wat"], "no such option: --wat"),
    ],
)
def test_bad_usage_is_answered_in_one_line(capsys: pytest.CaptureFixture[str], words: list[str], expected: str) -> None:
    assert expected in complaint(capsys, *words)


STATES = ("installed", "cached", "needs ", "by import path")


@pytest.mark.parametrize("what", ["datasets", "victims", "attacks", "metrics", "suites"])
def test_lists_have_a_name_a_state_and_a_summary(capsys: pytest.CaptureFixture[str], what: str) -> None:
    rows = said(capsys, "list", what, "--json").json
    assert rows
    for row in rows:
        assert row["name"]
        assert row["state"].startswith(STATES)
        assert row["summary"]
    printed = said(capsys, "list", what).out.splitlines()
    assert len(printed) == len(rows) + 1
    assert max(map(len, printed)) < 160


def test_lists_hold_what_plugins_declare(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {row["name"]: row for row in said(capsys, "list", "attacks", "--json").json}
    [alpha] = [one for one in listed["fairbatch-outer"]["parameters"] if one["name"] == "alpha"]
    assert (alpha["default"], alpha["constraint"]) == (0.2, "more than 0 and at most 1")
    assert alpha["doc"]
    assert listed["clean"]["parameters"] == []
    assert "alpha" not in said(capsys, "list", "attacks").out


def test_the_state_of_data_sets_says_what_they_need(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("A4G_DATA_HOME", str(tmp_path))
    states = {row["name"]: row["state"] for row in said(capsys, "list", "datasets", "--json").json}
    assert states["synthetic"] == states["acs-income"] == states["acs-public-coverage-design"] == "installed"
    assert states["compas-two-years"] == "needs the network"
    assert states["adult"] in ("installed", "needs the extra 'data'")


def test_audit_is_the_hidden_old_name_of_inspect(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        said(capsys, "audit", "--help").out.split("\n", 2)[2] == said(capsys, "inspect", "--help").out.split("\n", 2)[2]
    )
    assert "  audit" not in said(capsys, "--help").out


def cpu_seconds(code: str) -> float:
    """Seconds of CPU, not of a clock: what else the machine does is not counted. The median of several processes."""
    whole = f"{code}; import time; print(time.process_time())"
    return median(float(python(whole).stdout.splitlines()[-1]) for _ in range(5))


def test_help_imports_nothing_heavy_and_is_quick() -> None:
    shown = "from a4g_bench.cli import main; main(['--help']); main(['run', '--help'])"
    imported = f"{shown}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    assert python(imported).stdout.splitlines()[-1] == "[]"
    assert cpu_seconds(shown) < 4 * cpu_seconds("import typer, rich.console")


def test_listing_attacks_imports_neither_ray_nor_ax() -> None:
    code = "import sys, a4g_bench.cli; a4g_bench.cli.main(['list', 'attacks']);"
    done = python(code + "print([m for m in ('ray', 'ax', 'torch', 'botorch') if m in sys.modules])")
    assert done.stdout.endswith("[]\n")


def test_planning_does_not_start_ray(tmp_path: Path) -> None:
    suite = str(write_suite(tmp_path))
    before = tree(tmp_path)
    code = f"import sys; from a4g_bench.cli import main; code = main(['plan', {suite!r}]);"
    done = python(code + "print('ray' in sys.modules, code)", cwd=tmp_path)
    assert done.stdout.endswith("False 0\n"), done.stderr
    assert "6 searches: 0 complete, 0 failed" in done.stdout
    assert tree(tmp_path) == before


def test_the_leaderboard_command_imports_neither_ray_nor_ax(finished: Path) -> None:
    code = "import sys; from a4g_bench.cli import main; code = main(['leaderboard', 'results/tiny']);"
    done = python(code + "print([m for m in ('ray', 'ax', 'torch') if m in sys.modules], code)", cwd=finished)
    assert done.stdout.endswith("[] 0\n"), done.stderr


def test_drawing_imports_neither_ray_nor_ax_and_only_drawing_imports_matplotlib(finished: Path) -> None:
    code = (
        "import sys; from a4g_bench.cli import main; code = main({words});"
        "print([m for m in ('ray', 'ax', 'torch', 'matplotlib') if m in sys.modules], code)"
    )
    words = ["figures", "results/tiny", "--format", "svg"]
    assert python(code.format(words=words), cwd=finished).stdout.endswith("['matplotlib'] 0\n")
    words = ["figures", "results/tiny", "--format", "pdf"]
    assert python(code.format(words=words), cwd=finished).stdout.endswith("[] 2\n")


@pytest.mark.slow
def test_bad_input_in_a_process_of_its_own(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["sobel"])
    before = tree(tmp_path)
    for words in (
        ["run", suite],
        ["run", "quick", "--workers", "0"],
        ["leaderboard"],
        ["show", "s1-0"],
        ["inspect", "x"],
    ):
        done = command(*words, cwd=tmp_path)
        assert done.returncode == 2, done
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
    assert tree(tmp_path) == before


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = command("--debug", "validate", "nosuch.yaml", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c',"
        ' \'import sys; from a4g_bench.cli import main; sys.exit(main(["list", "datasets"]))\'],'
        " stdout=subprocess.PIPE, stderr=subprocess.PIPE); p.stdout.close(); print(p.stderr.read().decode(), p.wait())"
    )
    assert "Traceback" not in python(code).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_can_be_shown_from_any_shell(shell: str) -> None:
    done = command("completion", shell)
    assert done.returncode == 0, done.stderr
    assert "_A4G_BENCH_COMPLETE" in done.stdout


def completions(*words: str) -> list[str]:
    done = command(
        _A4G_BENCH_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(["a4g-bench", *words]),
        COMP_CWORD=str(len(words)),
    )
    return done.stdout.split()


def test_completion_knows_commands_suites_and_names() -> None:
    assert completions("l") == ["leaderboard", "list"]
    assert "--retry-errors" in completions("run", "--re")
    assert completions("fig") == ["figures"]
    assert completions("figures", "--sea") == ["--search"]
    assert completions("figures", "--attack", "sob") == ["sobol"]
    assert completions("run", "qu") == ["quick"]
    assert completions("inspect", "comp") == ["compas", "compas-two-years"]
    assert completions("list", "att") == ["attacks"]


def test_a_built_in_suite_is_found_by_name_from_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "quick" in {row["name"] for row in said(capsys, "list", "suites", "--json").json}
    answer = said(capsys, "validate", "quick")
    assert (answer.code, answer.err) == (0, "")
    assert tree(tmp_path) == {}
