"""The page of a trial's representations, over a short run that keeps them."""
import csv
import io
import json
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
from fake_slurm import wait_until
from mer_run import Mer, sweep_of, write_corpus
from test_save import SVG, saved
from test_web import address_in

AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
TESTED, GROUPS = 24, 4


class Served:
    def __init__(self, run):
        self.process = run.start("serve", "--port", 0)
        self.url = wait_until(lambda: address_in(run.log), "the address").rstrip("/")
        self.trials = {record: run.query(f"SELECT t.id FROM trials t JOIN sweep_trials s USING (trial) WHERE s.sweep = {number}")
                       for record, number in (("kept", 1), ("none", 2))}

    def trial(self, record):
        return self.trials[record][0][0]

    def answer(self, record):
        with urllib.request.urlopen(f"{self.url}/api/v1/trials/{self.trial(record)}/representations?components=3") as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Sweep 1 keeps its representations, sweep 2 does not."""
    run = Mer(tmp_path_factory.mktemp("kept"))
    corpus = write_corpus(run.folder / "corpus")
    for name, record in (("kept", True), ("none", False)):
        sweep = sweep_of(corpus, name=name, grid=None, seeds=[int(record)], record={"representations": record})
        ended = run.run("run", run.write_sweep(sweep), "--workers", 2, "--no-web")
        assert ended.returncode == 0, ended.stderr
    server = Served(run)
    yield server
    server.process.terminate()
    assert server.process.wait(20) == 0
    run.close()


@pytest.fixture
def page_of(show, served):
    def open_page(query="", record="kept", **options):
        return show(f"/trials/{served.trial(record)}/representations{query}", server=served, **options)
    return open_page


def marks(page):
    return page.locator(".plot path.mark").count()


def test_every_point_has_the_shape_and_colour_of_its_group(page_of, served):
    page = page_of()
    assert marks(page) == GROUPS * TESTED
    shapes = {(one.get_attribute("class"), one.get_attribute("d")) for one in page.locator(".plot path.mark").all()}
    assert len(shapes) == GROUPS
    assert len({shape for _, shape in shapes}) == GROUPS
    answer = served.answer("kept")
    assert page.locator("#representations-caption").inner_text() == answer["caption"]
    assert f"component 1: {100 * answer['explained'][0]:.1f} %" in page.locator(".plot").text_content()


def test_the_measures_are_the_api_s(page_of, served):
    page, answer = page_of(), served.answer("kept")
    cells = [row.locator("td").last.inner_text() for row in page.locator("table.measures").first.locator("tbody tr").all()]
    assert cells == [f"{group['class_silhouette']:.3f}" for group in answer["groups"]]
    rows = page.locator("table.measures").last.locator("tbody tr").all_inner_texts()
    for row, space in zip(rows, answer["spaces"]):
        assert f"{space['modality_silhouette']:.3f}" in row
        assert f"audio to text {space['gaps'][0]['gap']:.3f}" in row


def test_it_is_reached_from_the_trial_s_page(show, served):
    page = show(f"/trials/{served.trial('kept')}", server=served)
    page.get_by_role("link", name="Public and unique representations").click()
    page.wait_for_selector(".plot path.mark")
    assert page.url.endswith("/representations")


def test_the_legend_switches_groups_on_and_off_by_keyboard(page_of):
    page = page_of()
    button = page.get_by_role("button", name="public, text")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('hide=1')")
    page.wait_for_function(f"() => document.querySelectorAll('.plot path.mark').length === {(GROUPS - 1) * TESTED}")
    assert button.get_attribute("aria-pressed") == "false"
    assert page.evaluate("document.activeElement.dataset.key") == "toggle 1"
    page.reload()
    page.wait_for_selector(".plot path.mark")
    assert marks(page) == (GROUPS - 1) * TESTED
    page.get_by_role("button", name="public, text").press("Enter")
    page.wait_for_function(f"() => document.querySelectorAll('.plot path.mark').length === {GROUPS * TESTED}")
    assert "hide" not in page.url


def test_colours_by_class_and_by_prediction_count_their_points(page_of, served):
    answer = served.answer("kept")
    page = page_of("?colour=truth&space=public")
    names = page.locator(".toggles .name").all_inner_texts()
    counts = list(map(int, page.locator(".toggles .value").all_inner_texts()))
    assert names == answer["labels"]
    assert counts == [2 * sum(one["truth"] == label for one in answer["utterances"]) for label in range(len(names))]
    page.get_by_label("Colour").select_option("right")
    page.wait_for_function("() => location.hash.includes('colour=right')")
    page.wait_for_function("() => document.querySelectorAll('.toggles button').length === 2")
    right = sum(one["truth"] == one["predicted"] for one in answer["utterances"])
    assert list(map(int, page.locator(".toggles .value").all_inner_texts())) == [2 * right, 2 * (TESTED - right)]


@pytest.mark.parametrize("colour, colours", [("truth", "labels"), ("right", None)])
def test_shapes_stay_the_groups_under_other_colours(page_of, served, colour, colours):
    answer = served.answer("kept")
    page = page_of(f"?colour={colour}&space=unique")
    drawn = [(one.get_attribute("class"), one.get_attribute("d")) for one in page.locator(".plot path.mark").all()]
    assert len(drawn) == 2 * TESTED
    assert len({shape for _, shape in drawn}) == 2
    assert len({of for of, _ in drawn}) == len({one["truth"] if colours else one["truth"] == one["predicted"]
                                               for one in answer["utterances"]})
    assert page.locator(".shapes li").all_inner_texts() == ["unique, audio", "unique, text"]
    assert page_of().locator(".shapes").count() == 0


def test_points_of_a_group_do_not_cover_the_others(page_of):
    page = page_of()
    groups = [one.get_attribute("class") for one in page.locator(".plot path.mark").all()]
    assert all(len(set(groups[first:first + GROUPS])) == GROUPS for first in range(0, len(groups), GROUPS))


def test_words_of_the_url_that_are_none_change_nothing(page_of):
    page = page_of("?colour=toString&space=outer&axes=7-8&hide=x&page=99")
    assert marks(page) == GROUPS * TESTED
    assert page.get_by_label("Colour").input_value() == "group"
    assert page.get_by_label("Components").input_value() == "1-2"


def test_the_picture_is_saved_with_its_legend(page_of, served):
    page = page_of("?colour=truth&space=public&hide=0")
    file, content = saved(page, "points", "SVG")
    trial, answer = served.trial("kept")[:8], served.answer("kept")
    assert file == f"sweep-1-kept-trial-{trial}-representations-truth-public-1-2.svg"
    root = ElementTree.fromstring(content)
    assert len(list(root.iter(f"{SVG}path"))) >= marks(page) + 2  # and the shapes of the legend
    text = " ".join(one.text for one in root.iter(f"{SVG}text"))
    for name in [*answer["labels"][1:], "public, audio", "public, text", "seed 1.", "epoch 10.", "component 1:"]:
        assert name in text, name
    assert answer["labels"][0] not in text and "unique, text" not in text
    assert saved(page, "points", "PNG")[1].startswith(b"\x89PNG")


def test_no_picture_is_saved_where_everything_is_switched_off(page_of):
    page = page_of("?hide=0.1.2.3")
    assert marks(page) == 0
    page.get_by_role("button", name="Save points as SVG").click()
    page.wait_for_selector(".saved:text-is('There is nothing to save.')")


def test_the_points_and_the_measures_are_saved(page_of, served):
    page, answer = page_of("?space=unique"), served.answer("kept")
    page.locator("summary").click()
    heading, *rows = csv.reader(io.StringIO(saved(page, "points", "CSV")[1].decode(), newline=""))
    assert heading == ["utterance", "modality", "space", "truth", "predicted", "right", "x", "y", "z"]
    unique = [group for group in answer["groups"] if group["space"] == "unique"]
    assert [(row[1], [float(cell) for cell in row[6:]]) for row in rows] == \
        [(group["modality"], place) for group in unique for place in group["points"]]
    assert [row[0] for row in rows] == 2 * [one["name"] for one in answer["utterances"]]
    classes = list(csv.reader(io.StringIO(saved(page, "silhouettes of the classes", "CSV")[1].decode(), newline="")))
    assert [float(row[2]) for row in classes[1:]] == [group["class_silhouette"] for group in answer["groups"]]
    modalities = list(csv.reader(io.StringIO(saved(page, "silhouettes of the modalities", "CSV")[1].decode(), newline="")))
    assert [(row[0], float(row[1]), float(row[4])) for row in modalities[1:]] == \
        [(space["space"], space["modality_silhouette"], space["gaps"][0]["gap"]) for space in answer["spaces"]]


def test_other_components_can_be_shown(page_of, served):
    page = page_of()
    page.get_by_label("Components").select_option("2-3")
    page.wait_for_function("() => location.hash.includes('axes=2-3')")
    page.wait_for_function("() => document.querySelector('.plot').textContent.includes('component 3')")
    assert "component 1" not in page.locator(".plot").text_content()


def test_arrow_keys_read_the_points(page_of):
    page = page_of()
    assert page.locator(".readout").inner_text() == f"{GROUPS * TESTED} points"
    page.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".readout").inner_text()
    assert "truth" in first
    page.keyboard.press("ArrowRight")
    assert page.locator(".readout").inner_text() != first
    assert page.locator(".point-mark").get_attribute("visibility") == "visible"


def test_the_data_table_has_every_point_by_pages(page_of, served):
    page = page_of()
    page.locator("summary").click()
    first = page.locator("table.points tbody tr").first.inner_text().split("\t")
    group = served.answer("kept")["groups"][0]
    assert [float(text) for text in first[-3:]] == pytest.approx(group["points"][0], abs=5e-4)
    assert page.locator("table.points tbody tr").count() == 50
    assert page.locator(".pages .number").inner_text() == "1 of 2"
    page.get_by_role("button", name="Next").click()
    page.wait_for_function("() => location.hash.includes('page=2')")


def test_a_trial_that_kept_none_says_how_to_keep_them(page_of):
    page = page_of(record="none")
    assert '"record": {"representations": true}' in page.locator("p.empty").inner_text()
    assert marks(page) == 0


@pytest.mark.parametrize("record, query", [("kept", "?hide=1"), ("kept", "?colour=truth"), ("none", "")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_the_accessibility_rules(page_of, axe, record, query, scheme):
    page = page_of(query, record=record, scheme=scheme)
    if record == "kept":
        page.locator("summary").click()
    found = axe.run(page, options=AA)
    assert found.response["violations"] == [], found.generate_report()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page_of, width):
    page = page_of("?colour=truth", width=width)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
