"""What the page shows, saved as files: charts as SVG and PNG, tables as CSV, LaTeX and Markdown."""
import base64
import csv
import io
import re
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
from test_page import api, trial_id

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {f"{SVG}{tag}" for tag in ["svg", "g", "path", "line", "rect", "circle", "text", "title"]}
# Page, what its buttons save, the file's name without its ending, a text in the picture, the shapes whose colours count.
CHARTS = {
    "results": ("/sweeps/4?metric=ua", "points", "sweep-4-ablation-results-per-fold-last-ua", "UA per fold", ".dot circle"),
    "curves": ("/sweeps/1?curve=wa&folds=1", "learning curves", "sweep-1-auxiliary-loss-curves-wa-test", "learning curves",
               "path.line, path.band, path.thin"),
    "losses": ("/sweeps/4/losses?configuration=2", "loss components",
               "sweep-4-ablation-losses-configuration-2-train", "loss components of", "path.line"),
    "compare": ("/sweeps/4/compare?metric=wa", "pairs", "sweep-4-ablation-pairs-against-1-last-wa", "WA per fold against",
                "line.join"),
    "parallel": ("/sweeps/5/hyperparameters", "parallel coordinates", "sweep-5-grid-hyperparameters-last-macro_f1",
                 "macro-F1 by hyperparameters", "path.configuration"),
    "slice": ("/sweeps/5/hyperparameters?key=train.learning_rate", "one key",
              "sweep-5-grid-hyperparameters-train-learning_rate-last-macro_f1", "against train.learning_rate", "circle.point"),
    "trial": (None, "curves", None, "Trial ", "path.line"),
}


def saved(page, what, form):
    """(the file's name, its bytes)"""
    button = page.get_by_role("group", name=f"Save {what}", exact=True).get_by_role("button", name=re.compile(f" {form}$"))
    with page.expect_download() as download:
        button.click()
    page.wait_for_selector(f".saved:text-is('Saved {download.value.suggested_filename}')")
    with open(download.value.path(), "rb") as file:
        return download.value.suggested_filename, file.read()


def opened(show, server, which, **how):
    path, *rest = CHARTS[which]
    if path is None:
        trial = trial_id(server, 1, 0, fold=3)
        path, rest[1] = f"/trials/{trial}", f"sweep-1-auxiliary-loss-trial-{trial[:8]}-curves-macro_f1"
    page = show(path, **how)
    page.wait_for_selector(rest[3].split(",")[0], state="attached")
    return page, *rest


@pytest.fixture
def alone(browser, tmp_path):
    """alone(bytes, ending): the file in a browser that has nothing else, and what its pixels are like."""
    contexts = []

    def open_file(content, ending):
        file = tmp_path / f"alone-{len(contexts)}.{ending}"
        file.write_bytes(content)
        contexts.append(browser.new_context(offline=True, color_scheme="light"))
        page = contexts[-1].new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(file.as_uri())
        assert page.asked == [file.as_uri()]
        kind = "image/svg+xml" if ending == "svg" else "image/png"
        looker = contexts[-1].new_page()
        return page, looker.evaluate("""async (source) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
          const counts = new Map();
          for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
          return {size: [image.width, image.height], colours: counts.size, most: Math.max(...counts.values()) / pixels.length,
            corner: [...context.getImageData(0, 0, 1, 1).data]};
        }""", f"data:{kind};base64,{base64.b64encode(content).decode()}")

    yield open_file
    for context in contexts:
        context.close()


def colours_of(page, selector, property):
    return page.evaluate("""([selector, property]) => [...new Set([...document.querySelectorAll(selector)]
        .map((shape) => getComputedStyle(shape)[property]))].sort()""", [selector, property])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", CHARTS)
def test_a_chart_as_svg_stands_alone(show, server, alone, which, scheme):
    page, what, name, text, marks = opened(show, server, which, scheme=scheme)
    file, content = saved(page, what, "SVG")
    assert file == f"{name}.svg"

    root = ElementTree.fromstring(content)
    assert {element.tag for element in root.iter()} <= SHAPES
    names = {attribute for element in root.iter() for attribute in element.attrib}
    assert not names & {"class", "style", "href", "id", "tabindex", "role"}
    assert not any(re.search(r"var\(|url\(|://|currentcolor|light-dark", value, re.I)
                   for element in root.iter() for value in element.attrib.values())
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert all(element.get("font-family") for element in root if element.tag == f"{SVG}text")
    assert text in " ".join(texts) and text in root.find(f"{SVG}title").text

    standing, look = alone(content, "svg")
    assert look["size"] == [int(root.get("width")), int(root.get("height"))]
    assert look["colours"] > 20 and look["most"] < 0.99
    assert (sum(look["corner"][:3]) < 150) == (scheme == "dark")
    for property in ["stroke", "fill"]:
        of_marks = colours_of(page, marks, property)
        assert set(of_marks) <= set(colours_of(standing, "path, line, circle", property))
    boxes = standing.evaluate("""() => [...document.querySelectorAll('text')].map((one) => one.getBoundingClientRect())
        .map(({left, right, top, bottom}) => [left, right, top, bottom])""")
    assert all(0 <= left and right <= look["size"][0] and 0 <= top and bottom <= look["size"][1]
               for left, right, top, bottom in boxes)


@pytest.mark.parametrize("which", CHARTS)
def test_a_chart_as_png_is_the_svg_at_twice_its_size(show, server, alone, which):
    page, what, name, *_ = opened(show, server, which)
    svg = ElementTree.fromstring(saved(page, what, "SVG")[1])
    file, content = saved(page, what, "PNG")

    _, look = alone(content, "png")
    assert file == f"{name}.png"
    assert look["size"] == [2 * int(svg.get("width")), 2 * int(svg.get("height"))]
    assert look["colours"] > 20 and look["most"] < 0.99


def test_a_picture_has_the_legend_and_the_caption(show):
    page = show("/sweeps/1?curve=wa", ready=".legend .name")
    texts = [element.text for element in ElementTree.fromstring(saved(page, "learning curves", "SVG")[1]).iter(f"{SVG}text")]
    for name in page.locator(".legend .name").all_inner_texts():
        assert name in texts
    assert page.locator("section:has(#curves-title) .note").inner_text() in " ".join(texts)


@pytest.mark.parametrize("path, what", [("/sweeps/4?rule=best-test", "points"), ("/sweeps/4/compare?rule=best-test", "pairs"),
                                        ("/sweeps/5/hyperparameters?rule=best-test", "one key")])
def test_a_picture_of_an_oracle_s_scores_says_so(show, path, what):
    page = show(path, ready=".badge.oracle")
    texts = [element.text for element in ElementTree.fromstring(saved(page, what, "SVG")[1]).iter(f"{SVG}text")]
    assert "oracle" in " ".join(texts)


TABLES = {
    "results": ("/sweeps/4?rule=best-test&metric=ua&sort=wa", "results", "results", "rule=best-test&metric=ua",
                "sweep-4-ablation-results-best-test-ua"),
    "comparison": ("/sweeps/4/compare?baseline=2&metric=wa", "differences", "comparison", "baseline=2&metric=wa",
                   "sweep-4-ablation-comparison-against-2-last-wa"),
    "protocol": ("/sweeps/4/audit?metric=ua", "protocol", "audit", "metric=ua", "sweep-4-ablation-protocol-ua"),
    "utterances": ("/sweeps/4/compare?metric=wa", "utterances", "utterances", "baseline=1&metric=wa",
                   "sweep-4-ablation-utterances-against-1-last-wa"),
}


@pytest.mark.parametrize("form, ending", [("CSV", "csv"), ("LaTeX", "tex"), ("Markdown", "md")])
@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_a_paper_is_saved_as_the_server_gives_it(show, server, table, form, ending):
    path, what, route, query, name = TABLES[table]
    page = show(path)
    if table == "utterances":
        page.get_by_text("Over utterances").click()
    file, content = saved(page, what, form)
    with urllib.request.urlopen(f"{server.url}/api/v1/sweeps/4/{route}.{ending}?{query}") as answer:
        assert content == answer.read()
    assert file == f"{name}.{ending}"


def test_with_a_token_tables_are_saved_too(show, guarded_server):
    page = show("/sweeps/4", server=guarded_server, ready="#token")
    page.get_by_label("Token").fill("demo-token")
    page.keyboard.press("Enter")
    page.wait_for_selector("table.scores")
    assert saved(page, "results", "CSV")[1].startswith(b"configuration,")
    page.problems.clear()  # the browser logs the 401


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_all_trials_are_saved_not_only_the_page_in_sight(show, server):
    page = show("/sweeps/5?state=done", ready="table.trials")
    file, content = saved(page, "trials", "CSV")
    heading, *rows = rows_of(content)
    answer = api(server, "sweeps/5/trials?state=done")["trials"]
    assert page.locator("table.trials tbody tr").count() == 50 < len(answer) == len(rows)
    assert file == "sweep-5-grid-trials-done.csv"
    trials = [dict(zip(heading, row)) for row in rows]
    configurations = api(server, "sweeps/5")["configurations"]
    assert [(one["trial"], one["configuration"], one["selection"], float(one["macro_f1"])) for one in trials] == \
        [(row["id"], configurations[row["configuration"]]["id"], "last", row["scores"]["macro_f1"]) for row in answer]
    assert [one["model.recurrent"] for one in trials] == \
        [configurations[row["configuration"]]["differing"]["model.recurrent"] for row in answer]


def test_curves_are_saved_in_full_with_what_is_missing(show, server):
    page = show("/sweeps/1?curve=loss.total", ready=".legend .name")
    page.get_by_text("Data table").click()
    heading, *rows = rows_of(saved(page, "learning curves", "CSV")[1])
    answer = api(server, "sweeps/1/curves?metric=loss.total")["configurations"]
    ids = [one["id"] for one in api(server, "sweeps/1")["configurations"]]
    expected = [(ids[group["configuration"]], epoch, mean, n) for group in answer
                for epoch, mean, n in zip(group["epochs"], group["mean"], group["n"])]
    records = [dict(zip(heading, row)) for row in rows]
    assert [(one["configuration"], int(one["epoch"]), float(one["mean"]) if one["mean"] else None, int(one["n"]))
            for one in records] == expected
    assert any(mean is None for *_, mean, _ in expected)


def test_losses_are_saved(show, server):
    page = show("/sweeps/4/losses?split=test&configuration=2", ready=".legend li")
    page.get_by_text("Data table").click()
    heading, *rows = rows_of(saved(page, "loss components", "CSV")[1])
    mean = api(server, "sweeps/4/curves?split=test&metric=loss.auxiliary&configurations=1")["configurations"][0]["mean"]
    records = [dict(zip(heading, row)) for row in rows]
    assert [float(one["mean"]) for one in records if one["metric"] == "loss.auxiliary"] == mean
    assert {one["metric"] for one in records} == {"loss.task", "loss.auxiliary"}


def test_confusion_is_saved_over_all_folds_and_for_each(show, server):
    page = show("/sweeps/4/confusion?configuration=2&rule=best-test&metric=ua", ready="table.confusion")
    answer = api(server, "sweeps/4/confusion?configuration=2&rule=best-test&metric=ua")
    file, content = saved(page, "confusion over all folds", "CSV")
    assert file == "sweep-4-ablation-confusion-all-folds-configuration-2-best-test-ua.csv"
    oracle = "best-test by ua (oracle)"
    assert rows_of(content) == [["selection", "truth", *answer["labels"]],
                                *([oracle, label, *map(str, row)] for label, row in zip(answer["labels"], answer["confusion"]))]
    each = rows_of(saved(page, "confusion fold by fold", "CSV")[1])
    assert each[1:] == [[fold["name"], oracle, label, *map(str, row)] for fold in answer["folds"]
                        for label, row in zip(answer["labels"], fold["confusion"])]


def test_counts_of_a_corpus_are_saved(show, server):
    page = show("/sweeps/4/corpus", ready="table.counts")
    file, content = saved(page, "utterances by speaker of demo", "CSV")
    assert file == "sweep-4-ablation-demo-speakers.csv"
    assert rows_of(content)[0] == ["speaker", "utterances", "angry", "happy", "sad", "neutral"]
    assert rows_of(content)[-1] == ["all", "1400", "300", "400", "250", "450"]


def test_scores_fold_by_fold_and_settings_are_saved(show, server):
    page = show("/sweeps/4/compare?metric=wa", ready="table.comparison")
    for summary in ["Data table", "Settings that differ"]:
        page.get_by_text(summary, exact=True).click()
    heading, *rows = rows_of(saved(page, "scores fold by fold", "CSV")[1])
    answer = api(server, "sweeps/4/comparison?baseline=1&metric=wa")
    at = {name: heading.index(name) for name in heading}
    assert [(float(row[at["score"]]), float(row[at["baseline_score"]]), float(row[at["difference"]])) for row in rows] == \
        [(score, base, difference) for row in answer["rows"]
         for score, base, difference in zip(row["scores"], answer["scores"], row["differences"])]
    settings = rows_of(saved(page, "settings", "CSV")[1])
    sweep = api(server, "sweeps/4")["configurations"]
    assert len(settings) == 1 + len(sweep) and settings[0][0] == "configuration"
    assert [dict(zip(settings[0], row))["model.alpha"] for row in settings[1:]] == \
        [str(one["differing"]["model.alpha"]) for one in sweep]


def test_hyperparameters_are_saved_within_their_ranges(show, server):
    page = show('/sweeps/5/hyperparameters?key=train.learning_rate&in.model.recurrent=["gru","gru"]', ready="table.inside")
    answer = api(server, "sweeps/5/hyperparameters")
    names = [key["name"] for key in answer["keys"]]
    heading, *rows = rows_of(saved(page, "configurations inside", "CSV")[1])
    inside = sorted((row for row in answer["configurations"] if row["values"][names.index("model.recurrent")] == "gru"),
                    key=lambda row: -row["mean"])
    ids = [one["id"] for one in api(server, "sweeps/5")["configurations"]]
    assert [(row[0], float(row[heading.index("mean")])) for row in rows] == \
        [(ids[row["configuration"]], row["mean"]) for row in inside]
    heading, *rows = rows_of(saved(page, "importance", "CSV")[1])
    assert [(row[0], float(row[heading.index("share")])) for row in rows[:len(names)]] == [(key["name"], key["share"]) for key in answer["keys"]]
    page.locator("details", has_text="Data table").locator("summary").click()
    heading, *rows = rows_of(saved(page, "one key", "CSV")[1])
    assert heading[0] == "train.learning_rate" and len(rows) == 4


def test_a_trial_is_saved(show, server):
    trial = api(server, f"trials/{trial_id(server, 1, 0, fold=3)}")
    page = show(f"/trials/{trial['id']}?curve=wa")
    page.get_by_text("Data table").click()
    heading, *rows = rows_of(saved(page, "curves", "CSV")[1])
    epochs = api(server, f"trials/{trial['id']}/curve?split=test")["epochs"]
    assert [float(row[2]) for row in rows if row[0] == "test"] == [epoch["scores"]["wa"] for epoch in epochs]
    selected = trial["result"]["selected"][0]
    confusion = rows_of(saved(page, "confusion", "CSV")[1])
    assert [row[2:6] for row in confusion[1:]] == [list(map(str, row)) for row in selected["confusion"]]
    attempts = rows_of(saved(page, "attempts", "CSV")[1])
    assert [row[1] for row in attempts[1:]] == [one["outcome"] for one in trial["attempts"]]


def test_sweeps_are_saved(show, server):
    file, content = saved(show("/"), "sweeps", "CSV")
    assert file == "sweeps.csv"
    assert [row[1] for row in rows_of(content)[1:]] == [sweep["name"] for sweep in api(server, "sweeps")["sweeps"]]


def test_cells_that_a_spreadsheet_would_run_are_defused(show):
    cells = ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "-1.5", "+1e3x", 'a"b', "a,b", -2.5, None, "x=1"]
    text = show("/").evaluate("async (cells) => (await import('/csv.js')).csvText([cells])", cells)
    assert text == ("'=1+1,'+x,'-x,'@x,'\tx,\"'\rx\",-1.5,'+1e3x,\"a\"\"b\",\"a,b\",-2.5,,x=1\r\n")
    odd = show("/").evaluate("async () => { const {csvText, numberCell} = await import('/csv.js');"
                             " return csvText([['NaN', 'Infinity', '-Infinity', 0.1, null].map(numberCell)]); }")
    assert odd == "nan,inf,-inf,0.1,\r\n"


def test_names_of_sweeps_cannot_lead_a_file_elsewhere(show):
    file, _ = saved(show("/sweeps/3", ready="table.trials"), "trials", "CSV")
    assert re.fullmatch(r"sweep-3-[A-Za-z0-9_-]+-trials\.csv", file)


def test_saving_by_keyboard_says_what_was_saved(show):
    page = show("/sweeps/4", ready="table.scores")
    page.get_by_role("button", name="Save results as CSV").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Save results as LaTeX"
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".tex")
    page.wait_for_selector(f".saved[role=status]:text-is('Saved {download.value.suggested_filename}')")


def test_nothing_to_save_is_said(show, server):
    page = show(f"/trials/{trial_id(server, 1, 1, fold=11)}")
    page.get_by_role("button", name="Save confusion as CSV").click()
    page.wait_for_selector(".saved:text-is('There is nothing to save.')")


def test_an_error_of_the_server_is_said(show):
    page = show("/sweeps/4", ready="table.scores")
    page.route("**/results.csv?*", lambda route: route.fulfill(
        status=503, content_type="application/json", body='{"schema": 1, "error": {"code": "busy", "message": "try again"}}'))
    page.get_by_role("button", name="Save results as CSV").click()
    page.wait_for_selector(".saved:text-is('try again')")
    page.problems.clear()  # the browser logs the 503
