"""The page of a sweep's hyperparameters, over the demo store and over one of 1,000 configurations."""
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
PAGE = "/sweeps/5/hyperparameters"
RATE = "train.learning_rate"
ROOT = Path(__file__).parents[3]


class StoreServer:
    def __init__(self, programs, store):
        self.process = subprocess.Popen([programs / "merctl", "--store", store, "serve", "--port", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found[0]
                return
        pytest.fail(f"merctl serve did not say its address: {said}")

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def big_server(tmp_path_factory):
    programs = Path(os.environ.get("MER_BIN", ROOT / "build/debug/bin")).resolve()
    folder = tmp_path_factory.mktemp("big")
    subprocess.run([sys.executable, ROOT / "tests/tools/make_big_store.py", folder, "--epochs", "2", "--programs", programs],
                   check=True, timeout=300)
    server = StoreServer(programs, folder / "store")
    yield server
    server.close()


def answer_of(server, sweep, query=""):
    with urllib.request.urlopen(f"{server.url}/api/v1/sweeps/{sweep}/hyperparameters{query}") as answer:
        return json.load(answer)


def inside(page):
    return page.locator("table.inside tbody tr").count()


def test_a_line_per_configuration_and_an_axis_per_key(show, server):
    page = show(PAGE)
    assert page.locator("path.configuration").count() == 8
    assert page.locator(".axis-name").all_text_contents()[:2] == ["recurrent", "learning rate (log)"]
    best = max(answer_of(server, 5)["configurations"], key=lambda row: row["mean"])
    first = page.locator("table.inside tbody tr").first
    assert first.locator("th").inner_text() == str(best["configuration"] + 1)
    assert first.locator("td").nth(0).inner_text() == best["values"][0]
    assert f"{100 * best['mean']:.1f} ± {100 * best['sd']:.1f}" in first.inner_text()


def test_importance_is_the_api_s(show, server):
    page = show(PAGE)
    answer = answer_of(server, 5)
    cells = {row.locator("th").inner_text(): row.locator("td").first.inner_text()
             for row in page.locator("table.importance tbody tr").all()}
    for key in answer["keys"]:
        assert cells[key["name"]] == f"{key['share']:.3f}"
    assert cells[f"model.recurrent × {RATE}"] == f"{answer['interactions'][0]['share']:.3f}"
    assert answer["importance_caption"] in page.locator("#importance-caption").inner_text()


def test_importance_says_why_there_is_none(show):
    page = show("/sweeps/4/hyperparameters")
    assert "needs at least 4 configurations" in page.locator("section[aria-labelledby=importance-title]").inner_text()
    assert page.locator("path.configuration").count() == 3


def test_incomplete_configurations_are_counted(show):
    page = show("/sweeps/1/hyperparameters")
    assert "1 of 2 configurations lack a result" in page.locator("#main").inner_text()
    assert page.locator("path.configuration").count() == 1


def test_arrow_keys_choose_a_range_that_the_url_keeps(show):
    page = show(PAGE)
    lowest = page.get_by_role("slider", name="learning rate, lowest")
    lowest.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("() => location.hash.includes('in.train.learning_rate')")
    page.wait_for_function("() => document.querySelectorAll('table.inside tbody tr').length === 4")
    assert lowest.get_attribute("aria-valuetext") == "0.01"
    assert page.locator("path.configuration.outside").count() == 4
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "learning rate, lowest"
    page.reload()
    page.wait_for_selector("path.configuration.outside")
    assert inside(page) == 4
    page.get_by_role("slider", name="learning rate, lowest").focus()
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('table.inside tbody tr').length === 8")
    assert "in.train" not in page.url


def test_dragging_along_an_axis_chooses_what_it_passes(show):
    page = show(PAGE)
    box = page.locator(".value-axis .touch").first.bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] - 30)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] - 2, steps=4)
    page.mouse.up()
    page.wait_for_function("() => document.querySelectorAll('table.inside tbody tr').length === 4")
    assert set(page.locator("table.inside tbody td:nth-of-type(1)").all_inner_texts()) == {"bigru"}
    page.get_by_role("button", name="Clear ranges").click()
    page.wait_for_function("() => document.querySelectorAll('table.inside tbody tr').length === 8")


def test_a_range_that_nothing_fits_is_no_range(show):
    page = show(f"{PAGE}?in.{RATE}=nonsense&in.model.recurrent=[1]")
    assert inside(page) == 8


def test_slice_shows_a_point_per_configuration(show, server):
    page = show(f"{PAGE}?key={RATE}")
    assert page.locator("circle.point").count() == 8
    page.locator(".plot[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    answer = answer_of(server, 5)
    scores = [f"{100 * row['mean']:.1f} %" for row in answer["configurations"] if row["values"][1] == 0.0001]
    assert any(score in page.locator(".readout").nth(1).inner_text() for score in scores)
    page.get_by_text("Data table").click()
    rows = page.locator("section[aria-labelledby=slice-title] tbody tr")
    assert rows.locator("th").all_inner_texts() == ["0.0001", "0.001", "0.01", "0.1"]
    page.locator("#slice-key").select_option("model.recurrent")
    page.wait_for_function("() => location.hash.includes('key=model.recurrent')")
    assert page.locator(".point").count() == 8


def test_the_tab_leads_there(show):
    page = show("/sweeps/5")
    page.get_by_role("link", name="Hyperparameters").click()
    page.wait_for_selector("path.configuration")
    assert page.get_by_role("link", name="Hyperparameters").get_attribute("aria-current") == "page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["small", "big"])
def test_no_accessibility_violations(show, server, big_server, axe, which, scheme):
    page = show(PAGE, scheme=scheme) if which == "small" else \
        show("/sweeps/1/hyperparameters", scheme=scheme, server=big_server)
    for summary in page.locator("summary").all():
        summary.click()
    results = axe.run(page, options=AA)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("which", ["small", "big"])
def test_fits_a_phone(show, server, big_server, which):
    page = show(PAGE, width=390) if which == "small" else show("/sweeps/1/hyperparameters", width=390, server=big_server)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".axis-name").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_the_background(show, contrasts, scheme):
    ratios = contrasts(show(PAGE, scheme=scheme), ["r0", "r1", "r2", "r3", "r4"])
    assert min(ratios) >= 3, ratios
    assert ratios == sorted(ratios), "the better, the more it stands out"


def test_a_thousand_configurations(show, big_server):
    page = show("/sweeps/1/hyperparameters", server=big_server)
    answer = answer_of(big_server, 1)
    assert answer["complete"] == 1000 and not answer["grid"]
    assert page.locator("path.configuration").count() == 1000
    assert page.locator(".axis-name").all_text_contents()[:3] == ["alpha", "beta", "learning rate (log)"]
    assert inside(page) == 50
    assert "8 bins" in page.locator("table.importance").inner_text()
    handle = page.get_by_role("slider", name="alpha, lowest")
    handle.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelectorAll('table.inside tbody tr').length === 1")
    assert page.locator("path.configuration.outside").count() == 999
