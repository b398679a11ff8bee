"""The timeline of a sweep, over the demo store and over one of 12,000 attempts, and the page of workers."""
import json
import re
import time
import urllib.request

import pytest
from test_hyperparameters import AA, big_server  # noqa: F401 (a fixture)

PAGE = "/sweeps/1/timeline"
GROUPS = f"{PAGE}?rows=groups"
PLOT = ".timeline"


def entries_of(server, sweep, query=""):
    with urllib.request.urlopen(f"{server.url}/api/v1/sweeps/{sweep}/timeline{query}") as answer:
        return json.load(answer)["entries"]


def entry_of(server, sweep, **wanted):
    return next(entry for entry in entries_of(server, sweep) if all(entry[key] == value for key, value in wanted.items()))


def labels(page):
    return page.locator(".timeline-label").all_inner_texts()


def readout(page):
    return page.locator(".readout").inner_text()


def colours_in(page, x, y, width, height):
    """The different colours of the canvas there, in CSS pixels."""
    return page.locator(f"{PLOT} canvas").evaluate(
        """(canvas, [x, y, width, height]) => {
          const ratio = devicePixelRatio, all = new Set();
          const {data} = canvas.getContext('2d').getImageData(x * ratio, y * ratio, width * ratio, height * ratio);
          for (let i = 0; i < data.length; i += 4) all.add(`${data[i]} ${data[i + 1]} ${data[i + 2]}`);
          return all.size;
        }""", [x, y, width, height])


def settled(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_row_per_worker(show):
    page = show(PAGE)
    assert labels(page) == ["worker 1 · node-1", "worker 2 · node-1", "worker 3 · node-2 · group gpu-job"]
    settled(page)
    assert colours_in(page, 0, 44, 1200, 14) > 3, "bars are drawn"


def test_a_row_per_fold_group_tells_which_lack_a_result(show):
    page = show(GROUPS)
    assert labels(page)[0] == "auxiliary loss: true"
    assert "1 of 12 folds without a result" in labels(page)[1]
    page.get_by_role("combobox", name="Rows").select_option("workers")
    page.wait_for_function("() => location.hash.includes('rows=workers')")
    page.wait_for_function("() => document.querySelectorAll('.timeline-label').length === 3")


def test_the_legend_counts_every_outcome(show, server):
    page = show(PAGE)
    texts = {item.get_attribute("data-outcome"): item.locator(".value").inner_text() for item in page.locator(".legend li").all()}
    counts = {}
    for entry in entries_of(server, 1):
        counts[entry["outcome"]] = counts.get(entry["outcome"], 0) + 1
    assert texts == {outcome: str(count) for outcome, count in counts.items()}
    assert {"failed", "lost", "diverged"} <= set(texts)


def test_the_table_has_what_the_bars_have(show, server):
    page = show(PAGE)
    entries = entries_of(server, 1)
    rows = page.locator("table.attempts tbody tr")
    assert rows.count() == len(entries) == 26
    resumed = entry_of(server, 1, resumed_epoch=3)
    row = rows.filter(has_text=resumed["trial"][:8]).nth(1).inner_text().split("\t")
    assert row[4:7] == ["2", "finished", "worker 2 on node-1"]
    assert row[9] == "25.0 s" and row[10] == "3"

    page.get_by_role("combobox", name="Outcome").select_option("failed")
    page.wait_for_function("() => document.querySelectorAll('table.attempts tbody tr').length === 1")
    assert "killed by signal 9" in rows.first.inner_text()
    rows.first.get_by_role("link").click()
    page.wait_for_selector("h1:has-text('Trial')")


def test_keys_move_among_bars_and_lead_to_the_trial(show, server):
    page = show(GROUPS)
    page.focus(PLOT)
    page.keyboard.press("ArrowRight")
    assert "speaker-F01, seed 0; attempt 1 finished, worker 1 on node-1" in readout(page)
    page.keyboard.press("End")
    resumed = readout(page)
    assert "attempt 2 finished, worker 2 on node-1; ran 25.0 s" in resumed and "resumed at epoch 3" in resumed
    page.keyboard.press("ArrowDown")
    assert readout(page).startswith("auxiliary loss: false")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Trial')")
    assert page.url.endswith(entry_of(server, 1, resumed_epoch=3)["trial"])


def test_keys_and_buttons_zoom_and_the_url_keeps_it(show):
    page = show(PAGE)
    page.focus(PLOT)
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.wait_for_function("() => location.hash.includes('from=')")
    low, high = map(float, re.search(r"from=([\d.-]+)&to=([\d.-]+)", page.url).groups())
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"() => !location.hash.includes('from={low:.2f}')")
    moved = float(re.search(r"from=([\d.-]+)", page.url)[1])
    assert moved == pytest.approx(low + 0.2 * (high - low), abs=0.1)

    page.reload()
    page.wait_for_selector(PLOT)
    assert float(re.search(r"from=([\d.-]+)", page.url)[1]) == moved
    page.get_by_role("button", name="Show all of the time").click()
    page.wait_for_function("() => !location.hash.includes('from=')")


def test_the_pointer_tells_drags_zooms_and_opens(show, server):
    page = show(PAGE)
    settled(page)
    box = page.locator(PLOT).bounding_box()
    page.mouse.move(box["x"] + 16, box["y"] + 51)
    assert "attempt 1 finished, worker 1 on node-1" in page.locator(f"{PLOT} .tooltip").inner_text()

    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function("() => location.hash.includes('from=')")
    before = page.url
    page.mouse.move(box["x"] + 600, box["y"] + 51)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 51, steps=4)
    page.mouse.up()
    page.wait_for_function("(before) => location.href !== before", arg=before)
    assert "/timeline" in page.url, "a drag opens nothing"

    page.get_by_role("button", name="Show all of the time").click()
    page.wait_for_function("() => !location.hash.includes('from=')")
    settled(page)
    page.mouse.move(box["x"] + 16, box["y"] + 51)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector("h1:has-text('Trial')")


def test_a_missing_fold_leads_to_why(show, server):
    page = show("/sweeps/1")
    page.locator("td.incomplete a").first.click()
    page.wait_for_selector(PLOT)
    page.wait_for_function("() => document.querySelector('.readout').textContent !== ''")
    assert "attempt 1 diverged" in readout(page) and "became NaN or infinite in epoch 9" in readout(page)


def test_what_waits_is_told_by_group(show, server):
    page = show("/sweeps/2/timeline?rows=groups")
    waiting = [entry for entry in entries_of(server, 2) if entry["outcome"] == "pending"]
    assert page.locator("[data-outcome=pending] .value").inner_text() == str(len(waiting)) == "4"
    page.get_by_role("combobox", name="Outcome").select_option("pending")
    page.wait_for_function("() => document.querySelectorAll('table.attempts tbody tr').length === 4")
    page.focus(PLOT)
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    assert "waits for a worker" in readout(page)


def test_nothing_has_run_yet(show):
    page = show("/sweeps/3/timeline")
    assert "No trial has been on a worker yet." in page.inner_text("main")
    assert page.locator(PLOT).is_hidden()


def test_the_axis_is_since_the_submission_or_the_clock(show, server):
    page = show(PAGE)
    started = page.locator("table.attempts tbody tr").first.locator("td").nth(7)
    assert started.inner_text() == "5 s"
    page.get_by_role("combobox", name="Time").select_option("clock")
    page.wait_for_function("() => location.hash.includes('axis=clock')")
    page.wait_for_function("() => document.querySelector('table.attempts').innerText.includes('2026-')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", [PAGE, GROUPS, "/sweeps/2/timeline?rows=groups", "/workers"])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(show, axe, path, width, scheme):
    page = show(path, scheme=scheme, width=width)
    settled(page)
    found = axe.run(page, options=AA)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_coordinator_the_page_of_workers_says_so(show):
    page = show("/workers")
    assert "This program is no coordinator" in page.inner_text("main")


def worker(rank, **changes):
    trials = [{"trial": f"{rank}{index}aaaaaa", "sweep": 1, "name": f"fold-{index}, seed 0", "attempt": 1, "epoch": 12, "epochs": 150}
              for index in range(changes.pop("stack", 1))]
    return {"worker": rank, "leader": rank, "host": "node-1", "group": "", "cores": [0, 1, 4], "device": "cpu", "state": "here",
            "heard_s": 0.4, "epochs_per_minute": 12.34, "cpu_cores": 1.94, "memory_bytes": 300 << 20, "gpu_memory_bytes": None,
            "gpu_percent": None, "trials": trials} | changes


def show_workers(show, workers, **options):
    page = show("/", **options)
    answer = {"schema": 1, "coordinator": True, "workers": workers}
    page.route("**/api/v1/workers", lambda route: route.fulfill(json=answer))
    page.get_by_role("link", name="Workers").click()
    page.wait_for_selector("#workers-title")
    page.wait_for_selector("main[aria-busy=false]")
    return page, answer


def test_a_worker_has_what_it_is_and_what_it_does(show):
    page, answer = show_workers(show, [worker(1), worker(2, stack=6), worker(3, state="awaited", heard_s=None, epochs_per_minute=None, stack=0),
                                       worker(4, group="gpu-job", state="leaving", stack=0), worker(5, leader=4, stack=0)])
    rows = page.locator("table.workers tbody tr")
    assert rows.count() == 5
    assert [rows.nth(0).locator("td").nth(i).inner_text() for i in range(9)] == [
        "node-1", "–", "0–1, 4", "cpu", "1.9 of 3", "300.0 MiB", "–", "0.4 s ago", "12.3"]
    assert "fold-0, seed 0, epoch 12 of 150" in rows.nth(0).inner_text()
    assert "has not joined yet" in rows.nth(2).inner_text()
    assert "leaving" in rows.nth(3).inner_text() and "gpu-job" in rows.nth(3).inner_text()
    assert "trains with worker 4" in rows.nth(4).inner_text()
    assert "4 of 5 workers are here; 37.0 epochs per minute" in page.inner_text(".summary")

    rows.nth(1).get_by_text("6 trials").click()
    answer["workers"][0]["trials"][0]["epoch"] = 13
    page.wait_for_function("() => document.querySelector('table.workers').innerText.includes('epoch 13 of 150')")
    assert rows.nth(1).locator("details[open]").count() == 1, "it stays open"


UNKNOWN = {"cpu_cores": None, "memory_bytes": None, "gpu_memory_bytes": None, "gpu_percent": None}


@pytest.mark.parametrize("changes, shown", [
    ({"gpu_percent": 87.0, "gpu_memory_bytes": 3 << 30}, ["1.9 of 3", "300.0 MiB", "87 %, 3.0 GiB"]),
    ({"gpu_percent": 0, "gpu_memory_bytes": 0}, ["1.9 of 3", "300.0 MiB", "0 %, 0 KiB"]),
    ({"gpu_memory_bytes": 3 << 30}, ["1.9 of 3", "300.0 MiB", "3.0 GiB"]),
    ({"cpu_cores": 0, "cores": [5]}, ["0.0 of 1", "300.0 MiB", "–"]),
    ({"cores": []}, ["1.9", "300.0 MiB", "–"]),
    (UNKNOWN, ["–", "–", "–"]),
])
def test_what_a_worker_uses_is_told_and_what_is_not_known_is_no_zero(show, changes, shown):
    page, _ = show_workers(show, [worker(1, **changes)])
    headings = page.locator("table.workers thead th").all_inner_texts()
    assert headings[4:7] == ["CPU", "Memory", "GPU"]
    assert page.locator("table.workers tbody tr").first.locator("td").all_inner_texts()[3:6] == shown


def test_what_workers_use_changes_while_it_is_looked_at(show):
    page, answer = show_workers(show, [worker(1, **UNKNOWN)])
    answer["workers"][0] |= {"cpu_cores": 0.5, "memory_bytes": 2 << 20}
    page.wait_for_function("() => document.querySelector('table.workers').innerText.includes('0.5 of 3')")
    assert "2.0 MiB" in page.inner_text("table.workers")


@pytest.mark.parametrize("width", [1280, 390])
def test_all_that_workers_use_can_be_reached(show, width):
    gpu = {"gpu_percent": 87.0, "gpu_memory_bytes": 70 << 30, "memory_bytes": 12 << 30, "group": "gpu-job"}
    page, _ = show_workers(show, [worker(1, **gpu), worker(2, stack=6)], width=width)
    cell = page.get_by_role("cell", name="87 %, 70.0 GiB")
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= width
    lines = """(cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    }"""
    assert cell.evaluate(lines) == 1, "it breaks into no column of words"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_among_workers(show, axe, width, scheme):
    page, _ = show_workers(show, [worker(1), worker(2, stack=6, group="gpu-job", state="leaving")], scheme=scheme, width=width)
    found = axe.run(page, options=AA)
    assert [one["id"] for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_twelve_thousand_attempts_are_drawn_and_moved_smoothly(show, big_server):  # noqa: F811
    page = show(PAGE, server=big_server)
    page.wait_for_selector("table.attempts tbody tr")
    assert page.locator(".legend .value").inner_text() == "12,000"
    assert len(labels(page)) == 64
    page.focus(PLOT)
    slowest = page.evaluate("""async () => {
      const plot = document.querySelector('.timeline');
      let slowest = 0;
      for (const key of ['+', '+', '+', '-', '-', '-']) {
        plot.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
        const begin = performance.now();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        slowest = Math.max(slowest, performance.now() - begin);
      }
      return slowest;
    }""")
    assert slowest < 500, "ms; a frame of this machine, which others use too"
    first = labels(page)[0]
    page.get_by_role("navigation", name="Pages of attempts").get_by_role("button", name="Next").click()
    page.wait_for_function("() => location.hash.includes('entries=2')")
    assert labels(page)[0] == first


def test_fold_groups_of_a_large_sweep_come_in_pages(show, big_server):  # noqa: F811
    page = show(GROUPS, server=big_server)
    assert len(labels(page)) == 10
    page.get_by_role("navigation", name="Pages of rows").get_by_role("button", name="Next").click()
    page.wait_for_function("() => document.querySelector(\"nav[aria-label='Pages of rows']\").innerText.includes('2 of 100')")
    assert "page=2" in page.url and len(labels(page)) == 10
    begin = time.monotonic()
    page.get_by_role("combobox", name="Time").select_option("clock")
    page.wait_for_selector("main[aria-busy=false]")
    assert time.monotonic() - begin < 10
