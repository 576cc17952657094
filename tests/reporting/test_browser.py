"""The report in headless Chromium: no request, no complaint, and what a reader does changes what is shown."""

import time
from collections.abc import Iterator
from pathlib import Path

import axe_core_python
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.reporting import write_page
from a4g_bench.store.results import Results
from tests.leaderboard.boards import Folder
from tests.support import plan_of, run_inline

from .browser import complaints, opened, requests

pytestmark = pytest.mark.browser
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
HOSTILE = "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>"


def tables(root: Path) -> list[object]:
    from a4g_bench.store.folders import whole_tables_of

    return list(whole_tables_of([str(root)]))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two victims, two budgets, a victim audited elsewhere and a defence; names that would break a careless page."""
    folder = tmp_path_factory.mktemp("browser")
    plan = plan_of(
        folder,
        datasets=[{"name": "synthetic", "params": {"rows": 3000}}],
        victims=["logistic_regression", "lightgbm"],
        attacks=["clean", "random-duplicates", "cell-duplication", "sobol"],
        poison_budgets=["1%", "5%"],
        defences=["deduplication"],
        seeds=5,
    )
    run_inline(plan, folder / "r")
    found = tables(folder / "r")
    write_page(study(found, Selection()), found, folder / "page.html", HOSTILE)  # type: ignore[arg-type]
    return folder / "page.html"


@pytest.fixture
def shown(page: Path, tmp_path: Path) -> Iterator[Chrome]:
    with opened(page, downloads=tmp_path) as driver:
        yield driver


def column(driver: Chrome, position: int) -> list[str]:
    rows = driver.find_elements(By.CSS_SELECTOR, "#rows tbody tr")
    return [row.find_elements(By.XPATH, "./*")[position].text for row in rows]


def choose(driver: Chrome, name: str, value: str) -> None:
    Select(driver.find_element(By.NAME, name)).select_by_value(value)


def test_it_loads_from_a_file_without_a_request_or_a_complaint(page: Path) -> None:
    for width, dark in ((1280, False), (390, False), (1280, True)):
        with opened(page, width=width, dark=dark) as driver:
            assert complaints(driver) == []
            assert requests(driver) == [page.as_uri()]
            assert len(driver.find_elements(By.CSS_SELECTOR, "#rows tbody tr")) == 4
            assert driver.execute_script("return document.body.scrollWidth") <= width


def test_names_are_text(shown: Chrome) -> None:
    assert shown.find_element(By.TAG_NAME, "h1").text == HOSTILE
    assert shown.execute_script("return window.broken") is None


def test_hostile_names_of_results_are_text(tmp_path: Path) -> None:
    drawn = Folder(groups="aabbaabb", labels="11111100", clean="00110000")
    for seed in range(5):
        for attack in ("clean", HOSTILE):
            drawn.add(attack, "00100000", seed=seed, victim=HOSTILE, cautions=[HOSTILE], suite=HOSTILE, versions="{}")
    table = drawn.tables()
    Results(str(tmp_path / "empty")).mark("empty", "0", 0)
    kept = type(table)(str(tmp_path / "empty"), table.searches, table.predictions, table.baselines)
    write_page(study([kept], Selection()), [kept], tmp_path / "page.html")
    with opened(tmp_path / "page.html") as driver:
        assert complaints(driver) == []
        assert driver.execute_script("return window.broken") is None
        assert HOSTILE in [cell.replace("\n", "") for cell in column(driver, 1)]


def test_a_heading_sorts_and_sorts_back(shown: Chrome) -> None:
    press = shown.find_elements(By.CSS_SELECTOR, "#rows thead button")[1]
    press.click()
    names = [name.split()[0] for name in column(shown, 1)]
    assert names == sorted(names)
    heading = shown.find_elements(By.CSS_SELECTOR, "#rows thead th")[1]
    assert heading.get_attribute("aria-sort") == "ascending"
    shown.switch_to.active_element.send_keys(Keys.ENTER)  # the button pressed keeps the focus
    assert [name.split()[0] for name in column(shown, 1)] == names[::-1]
    assert shown.find_elements(By.CSS_SELECTOR, "#rows thead th")[1].get_attribute("aria-sort") == "descending"


def test_a_choice_shows_another_board(shown: Chrome) -> None:
    before = column(shown, 2)
    curve = shown.find_element(By.CSS_SELECTOR, "#chart-budgets svg").get_attribute("innerHTML")
    choose(shown, "victim", "logistic_regression")
    assert column(shown, 2) != before
    assert "logistic_regression" in shown.find_element(By.ID, "told").text
    assert shown.find_element(By.CSS_SELECTOR, "#chart-budgets svg").get_attribute("innerHTML") != curve
    choose(shown, "budget", "5%")
    cells = [o.get_attribute("value") for o in Select(shown.find_element(By.ID, "harm-cell")).options]
    assert cells == ["synthetic|logistic_regression|5%"]
    shown.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    time.sleep(0.3)
    assert column(shown, 2) == before


def test_attacks_are_hidden_and_numbers_stay(shown: Chrome) -> None:
    before = dict(zip(column(shown, 1), column(shown, 2), strict=True))
    shown.find_element(By.NAME, "attack").send_keys("duplic")
    after = dict(zip(column(shown, 1), column(shown, 2), strict=True))
    assert {name.split()[0] for name in after} == {"random-duplicates", "cell-duplication"}
    assert all(before[name] == value for name, value in after.items())


def test_defences_are_shown_beside_the_undefended(shown: Chrome) -> None:
    text = shown.find_element(By.ID, "defence-tables").text
    assert "deduplication" in text
    assert "undefended" in text


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (1280, True)])
def test_axe_finds_nothing(page: Path, width: int, dark: bool) -> None:
    with opened(page, width=width, dark=dark) as driver:
        driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        driver.execute_script(AXE)
        found = driver.execute_async_script("const done = arguments[0]; axe.run().then(done)")
        assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found["violations"]] == []


def test_tables_and_pictures_download(shown: Chrome, tmp_path: Path) -> None:
    for press in shown.find_elements(By.CSS_SELECTOR, "#board .downloads button, #chart-budgets .downloads button"):
        if press.is_displayed():
            shown.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", press)
            press.click()
    expected = {"board.csv", "budgets.svg", "budgets.png"}
    until = time.monotonic() + 10
    while {path.name for path in tmp_path.iterdir()} < expected and time.monotonic() < until:
        time.sleep(0.1)
    assert {path.name for path in tmp_path.iterdir()} >= expected
    assert (tmp_path / "board.csv").read_text().startswith('"rank","entrant","GC@1"')
    assert (tmp_path / "budgets.png").read_bytes().startswith(b"\x89PNG")
    picture = (tmp_path / "budgets.svg").read_text()
    assert picture.startswith("<svg")
    assert "var(" not in picture
