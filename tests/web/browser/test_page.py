"""The page in a real browser, over the demo store (tests/web/demo_store.hpp says what it holds).

    MER_BIN=build/debug/bin pytest tests/web/browser

Needs Debian's chromium, and playwright and axe-playwright-python from PyPI. MER_SHOTS=DIR leaves screenshots there.
"""
import json
import re
import time
import urllib.request

import pytest

METRICS = ["wa", "ua", "macro_f1", "weighted_f1"]
AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
VIEWS = ["sweeps", "sweep", "running sweep", "trial", "diverged trial", "waiting trial", "compare", "confusion", "protocol",
         "losses", "corpus"]


def api(server, path):
    with urllib.request.urlopen(f"{server.url}/api/v1/{path}") as answer:
        return json.load(answer)


def trial_id(server, sweep, configuration, fold=0, seed=0):
    return next(row["id"] for row in api(server, f"sweeps/{sweep}/trials")["trials"]
                if (row["configuration"], row["fold"], row["seed"]) == (configuration, fold, seed))


def hash_of(server, view):
    return {"sweeps": lambda: "/",
            "sweep": lambda: "/sweeps/1",
            "running sweep": lambda: "/sweeps/2",
            "compare": lambda: "/sweeps/4/compare",
            "confusion": lambda: "/sweeps/4/confusion",
            "protocol": lambda: "/sweeps/4/audit",
            "losses": lambda: "/sweeps/4/losses",
            "corpus": lambda: "/sweeps/4/corpus",
            "trial": lambda: f"/trials/{trial_id(server, 1, 0, fold=3)}",
            "diverged trial": lambda: f"/trials/{trial_id(server, 1, 1, fold=11)}?curve=loss.total",
            "waiting trial": lambda: f"/trials/{trial_id(server, 3, 0)}"}[view]()


def percent(value):
    return f"{100 * value:.1f}"


def score_text(aggregate):
    if aggregate["mean"] is None:
        return "–"
    return percent(aggregate["mean"]) + (f" ± {percent(aggregate['sd'])}" if aggregate["sd"] is not None else "")


def test_sweeps_show_their_progress(show):
    page = show("/")
    rows = page.locator("tbody tr")
    assert rows.count() == 5
    assert "auxiliary-loss" in rows.nth(4).inner_text()
    assert "23/24 done" in rows.nth(4).inner_text()
    assert "1 diverged" in rows.nth(4).inner_text()
    rows.nth(4).get_by_role("link").click()
    page.wait_for_selector("h1:has-text('auxiliary-loss')")
    assert page.url.endswith("#/sweeps/1")


@pytest.mark.parametrize("rule", ["last", "best-validation", "best-test"])
def test_table_shows_the_numbers_of_the_api(show, server, rule):
    page = show(f"/sweeps/1?rule={rule}&metric=wa")
    answer = api(server, f"sweeps/1/results?rule={rule}&metric=wa")
    rows = page.locator("table.scores tbody tr:not(.published)")
    assert rows.count() == len(answer["rows"]) == 2
    for index, row in enumerate(answer["rows"]):
        cells = rows.nth(index).locator("td.score").all_inner_texts()
        assert [re.sub(r" \(best\)", "", cell) for cell in cells] == [score_text(row[m]) for m in METRICS]
        assert rows.nth(index).locator("td").nth(4).inner_text().startswith(f"{row['wa']['n']}/{row['wa']['expected_n']}")
    assert answer["caption"] in page.locator("#results-caption").inner_text()
    assert (page.locator("#results-caption .badge.oracle").count() == 1) == (rule == "best-test")


def test_an_incomplete_group_has_no_mean_and_stands_out(show):
    page = show("/sweeps/1")
    row = page.locator("table.scores tbody tr").nth(1)
    assert row.locator("td.score").first.inner_text() == "–"
    count = row.locator("td.incomplete")
    assert count.inner_text().startswith("11/12")
    red, green, blue = map(int, re.findall(r"\d+", count.evaluate("e => getComputedStyle(e).color"))[:3])
    assert red > 150 and red > 2 * max(green, blue)


def test_the_best_mean_is_bold(show, server):
    page = show("/sweeps/2")
    rows = api(server, "sweeps/2/results")["rows"]
    complete = [row for row in rows if row["wa"]["mean"] is not None]
    assert page.locator("table.scores strong").count() == (4 if len(complete) > 1 else 0)


def test_one_dot_per_fold_with_its_value(show, server):
    page = show("/sweeps/1?metric=ua")
    rows = api(server, "sweeps/1/results?metric=ua")["rows"]
    folds = [fold["name"] for fold in api(server, "sweeps/1")["folds"]]
    for index, row in enumerate(rows):
        dots = page.locator("svg.dots").nth(index).locator("a")
        assert dots.count() == 12
        texts = [dots.nth(i).get_attribute("aria-label") for i in range(12)]
        assert texts == [f"{name}: " + (f"{percent(point)} %" if point is not None else "failed")
                         for name, point in zip(folds, row["ua"]["points"])]
    page.locator("svg.dots a").nth(2).hover()
    assert page.locator(".tooltip").inner_text() == texts[2] or folds[2] in page.locator(".tooltip").inner_text()


def test_published_numbers_stand_apart(show):
    rows = show("/sweeps/1").locator("tr.published")
    assert rows.count() == 2
    assert "Du et al., Table 5" in rows.nth(0).inner_text() and "85.3" in rows.nth(0).inner_text()


def test_a_published_number_stands_with_its_source_and_our_difference_from_it(show, server):
    row = show("/sweeps/1").locator("tr.published").nth(1)
    published = api(server, "sweeps/1/results")["published"][1]
    assert f"50.0 ({100 * published['difference']:+.1f})" in row.inner_text()
    assert "auxiliary loss: true" in row.inner_text() and "Du et al. 2024, Table 6" in row.inner_text()


def test_curves_are_drawn_and_told_in_numbers(show, server):
    page = show("/sweeps/1?curve=wa&split=test")
    answer = api(server, "sweeps/1/curves?metric=wa&split=test")
    lines = page.locator("path.line")
    assert lines.count() == 2
    assert all(len(lines.nth(i).get_attribute("d")) > 50 for i in range(2))
    page.get_by_text("Data table").click()
    cells = page.locator("details tbody tr").nth(4).locator("td").all_inner_texts()
    first = answer["configurations"][0]
    assert cells[0] == f"{percent(first['mean'][4])} ± {percent(first['sd'][4])}"
    assert page.locator("details tbody tr").nth(10).locator("td").nth(1).inner_text() == "11/12"
    page.get_by_label("Part").select_option("train")
    page.wait_for_function("() => location.hash.includes('split=train')")


def test_arrow_keys_read_the_curve(show, server):
    page = show("/sweeps/1?curve=wa")
    mean = api(server, "sweeps/1/curves?metric=wa")["configurations"][0]["mean"]
    page.locator(".plot").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".readout").inner_text() == "Epoch 19"
    assert percent(mean[18]) in page.locator(".legend .value").first.inner_text()


def test_nan_is_shown(show, server):
    page = show("/sweeps/1?curve=loss.total")
    assert page.locator(".not-finite").first.text_content() == "× NaN"
    page.get_by_text("Data table").click()
    assert "NaN" in page.locator("details table").inner_text()
    page = show(hash_of(server, "diverged trial"))
    mark, plot = page.locator(".not-finite").first.bounding_box(), page.locator(".plot svg").bounding_box()
    assert plot["x"] <= mark["x"] and mark["x"] + mark["width"] <= plot["x"] + plot["width"]
    assert "ended without scores" in page.locator("#main").inner_text()
    page.get_by_text("Data table").click()
    assert "NaN" in page.locator("details table").inner_text()
    page = show(f"/trials/{trial_id(server, 1, 1, fold=11)}?curve=loss.task")
    page.get_by_text("Data table").click()
    assert "Infinity" in page.locator("details table").inner_text()


def test_a_trial_shows_attempts_scores_and_confusion(show, server):
    trial = api(server, f"trials/{trial_id(server, 1, 0, fold=3)}")
    page = show(hash_of(server, "trial"))
    text = page.locator("#main").inner_text()
    assert "SIGKILL" in text and "finished" in text
    selected = trial["result"]["selected"][0]
    counts = page.locator("table.confusion td.share").evaluate_all("list => list.map(e => e.firstChild.textContent)")
    assert counts == [str(count) for row in selected["confusion"] for count in row]
    assert percent(selected["scores"]["ua"]) in page.locator(".facts.scores").inner_text()


def test_configurations_are_tested_against_a_baseline(show, server):
    page = show("/sweeps/4/compare?metric=wa", ready="table.comparison")
    answer = api(server, "sweeps/4/comparison?baseline=1&metric=wa")
    rows = page.locator("table.comparison tbody tr")
    assert rows.count() == len(answer["rows"]) == 2
    for index, row in enumerate(answer["rows"]):
        cells = rows.nth(index).locator("td").all_inner_texts()
        sign = "+" if row["mean"] > 0 else ""
        assert cells[0] == f"{sign}{percent(row['mean'])} ± {percent(row['sd'])}"
        assert f"{row['wilcoxon']['p_holm']:.4f}" in cells[1] or cells[1].startswith("< 0.0001")
        assert ("*" in cells[2]) == (row["corrected_t"]["p_holm"] < 0.05)
        pairs = rows.nth(index).locator("g.pair")
        assert pairs.count() == 12
        assert rows.nth(index).locator("g.falls").count() == sum(one < 0 for one in row["differences"])
    assert answer["caption"] in page.locator("#compare-caption").inner_text()
    page.get_by_text("Data table").click()
    cells = page.locator("details", has_text="Data table").locator("tbody tr").nth(4).locator("td").all_inner_texts()
    assert cells == [percent(answer["scores"][4]), *(percent(row["scores"][4]) for row in answer["rows"])]


def interval_text(interval, sign=""):
    return "[" + ", ".join(f"{100 * end:{sign}.1f}" for end in interval) + "]"


def test_configurations_are_tested_over_utterances_when_that_is_opened(show, server):
    page = show("/sweeps/4/compare?metric=wa", ready="table.comparison")
    assert not any("/utterances?" in asked for asked in page.requests)
    page.get_by_text("Over utterances").click()
    page.wait_for_selector("table.utterances")
    answer = api(server, "sweeps/4/utterances?baseline=1&metric=wa")
    rows = page.locator("table.utterances tbody tr")
    assert rows.count() == 3
    assert "(baseline)" in rows.nth(0).inner_text()
    for index, row in enumerate(answer["rows"]):
        cells = rows.nth(index).locator("td").all_inner_texts()
        for cell, metric in zip(cells, ["wa", "ua", "macro_f1"]):
            assert f"{percent(row[metric]['value'])} {interval_text(row[metric]['interval'])}" in cell
            if index > 0:
                assert interval_text(row[metric]["difference_interval"], "+") in cell
                assert ("*" in cell) == (row[metric]["p_holm"] < 0.05)
    assert answer["caption"] in page.locator("#utterances-caption").inner_text()
    page.locator("#baseline").select_option("2")
    page.wait_for_selector("#utterances-caption:has-text('alpha=0.5')")


def test_a_sweep_without_stored_utterances_says_why_it_is_not_tested(show):
    page = show("/sweeps/1/compare", ready="table.comparison")
    page.get_by_text("Over utterances").click()
    page.wait_for_selector("table.utterances")
    assert "the utterances of its test part are not in this store" in page.locator("table.utterances").inner_text()


def test_the_baseline_is_chosen_in_the_page_and_kept_in_the_url(show):
    page = show("/sweeps/4/compare", ready="table.comparison")
    page.locator("#baseline").select_option("2")
    page.wait_for_function("() => location.hash.includes('baseline=2')")
    page.wait_for_selector("#compare-caption:has-text('alpha=0.5')")


def test_a_configuration_without_all_its_trials_is_not_tested(show):
    page = show("/sweeps/1/compare", ready="table.comparison")
    assert "no test: some of its trials have no result" in page.locator("table.comparison").inner_text()


def test_confusion_is_shown_over_all_folds_and_for_each(show, server):
    page = show("/sweeps/4/confusion?configuration=2", ready="table.confusion")
    answer = api(server, "sweeps/4/confusion?configuration=2")
    matrix = page.locator("table.confusion").first.locator("td.share")
    counts = matrix.evaluate_all("list => list.map(e => e.firstChild.textContent)")
    assert counts == [str(count) for row in answer["confusion"] for count in row]
    summed = [[sum(fold["confusion"][i][j] for fold in answer["folds"]) for j in range(4)] for i in range(4)]
    assert answer["confusion"] == summed
    assert page.locator("section.fold").count() == 12
    assert percent(answer["pooled"]["macro_f1"]) in page.locator(".facts.scores").inner_text()
    page.locator("section.fold a").first.click()
    page.wait_for_selector("h1:has-text('Trial')")


def test_confusion_with_a_trial_missing_has_no_scores(show):
    page = show("/sweeps/1/confusion?configuration=2", ready="table.confusion")
    assert "1 of 12 trials have no result" in page.locator(".notice").inner_text()
    assert page.locator(".facts.scores").count() == 0


def test_the_protocol_page_shows_what_each_choice_adds(show, server):
    page = show("/sweeps/4/audit", ready="table.audit")
    answer = api(server, "sweeps/4/audit")
    rows = page.locator("table.audit tbody tr")
    assert rows.count() == len(answer["rows"]) == 9
    for index, row in enumerate(answer["rows"]):
        cells = rows.nth(index).locator("td").all_inner_texts()
        assert cells[1:7] == [percent(row[key][kind]) for key in ["wa", "ua", "macro_f1"] for kind in ["mean", "pooled"]]
        assert (cells[0] == "oracle") == row["oracle"]
    assert page.locator("ul.notes li").count() == 3
    assert "WA instead of UA" in page.locator("ul.notes").inner_text()


def test_the_corpus_page_shows_what_it_held(show, server):
    page = show("/sweeps/4/corpus", ready="table.features")
    facts = api(server, "sweeps/4")["corpora"][0]["facts"]
    speakers, sessions = page.locator("table.counts").all()
    for table, groups in [(speakers, facts["speakers"]), (sessions, facts["sessions"])]:
        shown = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
        assert shown[:-1] == [[key, str(sum(counts.values())), *map(str, counts.values())] for key, counts in groups.items()]
        assert shown[-1] == ["all", "1400", *map(str, facts["labels"].values())]
    assert "4 to 24, median 9.5" in page.locator("dl.facts").inner_text()
    audio = page.locator("table.features tbody tr").first.locator("td").all_inner_texts()
    assert audio == ["100", "-812.5 to 214.3", "-401.2, 0.31, 88.5", "0, 6.02, 91.7", "97, 98", "41", "1"]
    assert page.locator("table.outliers tbody tr").all_inner_texts() == ["M01-u7\taudio\t12\t214.3\t11.3"]


def test_loss_components_are_drawn_together(show, server):
    page = show("/sweeps/4/losses?split=test&configuration=2", ready=".legend li")
    names = page.locator(".legend .name").all_inner_texts()
    assert names == ["task loss", "auxiliary loss"], "the others are off in the demo"
    answer = api(server, "sweeps/4/curves?split=test&metric=loss.auxiliary&configurations=1")["configurations"][0]
    page.get_by_text("Data table").click()
    cells = page.locator("details tbody tr").nth(4).locator("td").all_inner_texts()
    assert cells[1].startswith(f"{answer['mean'][4]:.4g}"[:5])


def averaged(values, weight):
    """The last of TensorBoard's moving averages."""
    total = share = 0
    for value in values:
        total, share = weight * total + (1 - weight) * value, weight * share + 1 - weight
    return total / share


def test_a_curve_can_be_smoothed_and_its_numbers_stay(show, server):
    page = show("/sweeps/4?curve=wa", ready=".legend .value")
    mean = api(server, "sweeps/4/curves?metric=wa")["configurations"][0]["mean"]
    assert page.locator(".legend .value").first.inner_text().startswith(percent(mean[19]))
    page.get_by_label("Smoothing").select_option("0.9")
    page.wait_for_selector(".note:has-text('weight 0.9')")
    assert "smooth=0.9" in page.url
    assert page.locator(".legend .value").first.inner_text().startswith(percent(averaged(mean, 0.9)))
    page.get_by_text("Data table", exact=True).click()
    assert page.locator("details tbody tr").nth(19).locator("td").first.inner_text().startswith(percent(mean[19]))


def test_a_logarithmic_axis(show):
    page = show("/sweeps/4?curve=loss.task&log=1")
    assert page.get_by_label("log scale").is_checked()
    assert "Logarithmic" in page.locator("section:has(#curves-title) .note").inner_text()
    assert len(page.locator("path.line").first.get_attribute("d")) > 50


def test_the_pages_of_a_sweep_lead_to_each_other(show):
    page = show("/sweeps/4")
    for name, title in [("Compare", "Against a baseline"), ("Confusion", "Confusion over all folds"),
                        ("Losses", "Loss components"), ("Protocol", "What the protocol does"), ("Results", "Learning curves")]:
        page.get_by_role("navigation", name="Pages of the sweep").get_by_role("link", name=name).click()
        page.wait_for_selector(f"h2:has-text('{title}')")
        assert page.locator("nav.tabs [aria-current=page]").inner_text() == name


def test_trials_can_be_filtered(show):
    page = show("/sweeps/1")
    assert page.locator("table.trials tbody tr").count() == 24
    page.get_by_label("State").select_option("diverged")
    page.wait_for_function("() => document.querySelectorAll('table.trials tbody tr').length === 1")
    assert "state=diverged" in page.url


def test_every_view_is_a_url(show, server):
    page = show("/sweeps/1?rule=best-validation&metric=ua&curve=loss.total&split=train&sort=wa&show=1")
    assert page.get_by_label("Epoch").first.input_value() == "best-validation"
    assert page.get_by_label("Metric").input_value() == "ua"
    assert page.get_by_label("Value").input_value() == "loss.total"
    assert page.get_by_label("Part").input_value() == "train"
    assert page.locator("th[aria-sort]").inner_text().startswith("WA")
    assert page.locator("path.line").count() == 1


def test_names_and_messages_are_inert(show, server):
    page = show("/")
    assert "<img src=x onerror=alert(1)><b>bold</b>" in page.locator("tbody tr").nth(2).inner_text()
    page = show("/sweeps/3")
    assert page.locator("#main img, #main b, #main script").count() == 0
    assert "<script>alert(2)</script>" in page.locator("#main").inner_text()
    page = show(hash_of(server, "trial"))
    page.get_by_text("Last log lines").click()
    assert "<script>alert(3)</script>" in page.locator("pre:not(.log)").inner_text()
    assert page.dialogs == []


def test_the_page_follows_the_run(show, server):
    page = show("/sweeps/2")
    row = page.locator("table.trials tbody tr").nth(4)
    before = int(row.locator("td").nth(4).inner_text().split("/")[0])
    page.get_by_label("State").focus()
    server.advance()
    page.wait_for_function("n => document.querySelectorAll('table.trials tbody tr')[4].children[5].textContent"
                           " === `${n}/20`", arg=before + 1, timeout=15000)
    assert page.get_by_label("State").evaluate("e => e === document.activeElement")


def asked_of(page):
    return [request.split("/api/v1/")[1] for request in page.requests if "/api/v1/" in request]


def wait_for_stream(page, times=1):
    deadline = time.monotonic() + 20
    while sum(asked.startswith("events") for asked in asked_of(page)) < times:
        assert time.monotonic() < deadline, asked_of(page)
        page.wait_for_timeout(50)
    page.wait_for_selector("#live:text-is('live')")


def test_an_unchanged_store_costs_no_request(show):
    page = show("/sweeps/1")
    wait_for_stream(page)
    page.requests.clear()
    page.wait_for_timeout(4000)
    assert page.requests == []


def test_a_change_elsewhere_costs_no_request(show, server):
    follower = show("/sweeps/2", ready="table.trials")
    page = show("/sweeps/1", ready="table.trials")
    for one in (follower, page):
        wait_for_stream(one)
        one.requests.clear()
    server.advance()
    follower.wait_for_event("request", timeout=15000)
    page.wait_for_timeout(2500)
    assert page.requests == []
    assert asked_of(follower)


def test_an_update_costs_what_has_changed_alone(show, server):
    page = show("/sweeps/2", ready="table.trials")
    wait_for_stream(page)
    cell = page.locator("table.trials tbody tr").nth(4).locator("td").nth(4)
    before = int(cell.inner_text().split("/")[0])
    page.wait_for_selector("path.line", state="attached")
    page.requests.clear()
    server.advance()
    page.wait_for_function("n => document.querySelectorAll('table.trials tbody tr')[4].children[5].textContent"
                           " === `${n}/20`", arg=before + 1, timeout=15000)
    page.wait_for_timeout(500)
    assert len(asked_of(page)) == 2, asked_of(page)
    curves, trials = sorted(asked_of(page))
    assert re.fullmatch(r"sweeps/2/curves\?split=test&metric=\w+&configurations=\d+", curves)
    assert trials.startswith("sweeps/2/trials?")


def test_without_a_stream_the_page_asks_for_the_version(show, server):
    def refuse(context):
        context.route("**/api/v1/events**", lambda route: route.fulfill(status=503, headers={"Retry-After": "30"}))

    page = show("/sweeps/2", ready="table.trials", prepare=refuse)
    row = page.locator("table.trials tbody tr").nth(4)
    before = int(row.locator("td").nth(4).inner_text().split("/")[0])
    server.advance()
    page.wait_for_function("n => document.querySelectorAll('table.trials tbody tr')[4].children[5].textContent"
                           " === `${n}/20`", arg=before + 1, timeout=15000)
    assert page.locator("#live").inner_text() == "live"
    assert "version" in asked_of(page)
    assert sum(asked.startswith("events") for asked in asked_of(page)) == 1
    page.problems.clear()  # the browser logs the 503


def test_a_server_that_begins_anew_is_found_and_its_store_shown(start_server, show):
    first = start_server()
    port = first.url.rsplit(":", 1)[1]
    page = show("/sweeps/2", ready="table.trials", server=first)
    wait_for_stream(page)
    first.advance()
    page.wait_for_function("() => document.querySelectorAll('table.trials tbody tr')[4].children[5].textContent === '8/20'",
                           timeout=15000)
    first.close()
    page.wait_for_selector("#live:has-text('not connected')", timeout=15000)
    start_server("", "", port)
    page.wait_for_selector("#live:text-is('live')", timeout=30000)
    page.wait_for_function("() => document.querySelectorAll('table.trials tbody tr')[4].children[5].textContent === '7/20'",
                           timeout=15000)
    wait_for_stream(page, times=2)
    page.problems.clear()  # the browser logs the failed requests


def test_a_lost_server_is_said_and_found_again(show, server):
    page = show("/")
    page.wait_for_selector("#live:has-text('live')")
    page.context.set_offline(True)
    page.wait_for_selector("#live:has-text('not connected')", timeout=15000)
    page.context.set_offline(False)
    page.wait_for_selector("#live:text-is('live')", timeout=20000)
    page.problems.clear()  # the browser logs the failed requests


def test_unknown_addresses_say_so(show):
    for path in ["/sweeps/99", "/nowhere"]:
        page = show(path, ready="[role=alert]")
        assert "Not found" in page.locator("[role=alert]").inner_text()
        page.problems.clear()  # the browser logs the 404


def test_a_token_is_asked_for_once(show, guarded_server):
    page = show("/", server=guarded_server, ready="#token")
    page.get_by_label("Token").fill("demo-token")
    page.keyboard.press("Enter")
    page.wait_for_selector("tbody tr")
    assert "demo-token" not in page.url
    page.reload()
    page.wait_for_selector("tbody tr")
    page.problems.clear()  # the browser logs the 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_accessibility_violations(show, server, axe, view, scheme):
    page = show(hash_of(server, view), scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    results = axe.run(page, options=AA)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_the_background(show, contrasts, scheme):
    """WCAG 1.4.11: 3:1 for the colours of the lines; axe looks at text only."""
    names = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "control", "good", "bad", "accent"]
    ratios = zip(names, contrasts(show("/sweeps/1", scheme=scheme), names), strict=True)
    assert [pair for pair in ratios if pair[1] < 3] == []


def test_everything_is_reached_by_keyboard(show):
    page = show("/sweeps/1")
    page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        tag = page.evaluate("document.activeElement.dataset.key || document.activeElement.id || "
                            "document.activeElement.tagName + document.activeElement.textContent.slice(0, 20)")
        if tag.startswith("BODY"):
            break
        reached.add(tag)
    for expected in ["skip", "sort wa", "each-trial", "show 0", "plot Learning curves", "scroll Results"]:
        assert expected in reached, (expected, sorted(reached))
    assert any(tag.startswith("dot ") for tag in reached)
    assert any(tag.startswith("trial ") for tag in reached)
    assert any(tag.startswith("SUMMARY") for tag in reached)


def test_dots_are_walked_by_arrow_keys(show):
    page = show("/sweeps/1")
    page.locator("svg.dots a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name.startswith("speaker-F02")
    assert page.locator(".tooltip").inner_text() == name
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Trial')")


@pytest.mark.parametrize("width", [400, 768, 1600])
@pytest.mark.parametrize("view", ["sweeps", "sweep", "trial", "compare", "confusion", "protocol", "losses"])
def test_the_page_fits_the_window(show, server, view, width):
    page = show(hash_of(server, view), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    plot = page.locator(".plot svg")
    if plot.count() > 0:
        assert plot.first.bounding_box()["width"] <= width


def test_the_page_is_small_and_needs_no_network(show, server):
    """Under 1 MB in all, and nothing from another host (the fixture checks every request)."""
    page = show("/sweeps/1")
    size = page.evaluate("performance.getEntriesByType('resource').reduce((sum, e) => sum + e.decodedBodySize, 0)")
    assert 250_000 < size < 1_000_000
