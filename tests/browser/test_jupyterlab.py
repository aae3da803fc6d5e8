"""The widget in a real JupyterLab in Chromium, on the toy model and on slow functions."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.axe import violations
from tests.support.lab import OLD_KERNEL, Lab, lab
from tests.support.page import view_options, what_matters_is_seen

pytestmark = pytest.mark.browser

PROMPT = "The cat likes warm milk. The dog likes cold water. I like sweet soup. The dog likes"
AWAY_AND_BACK = """async (app) => {
  const cell = app.getRootNode().host.closest(".jp-Cell");
  const [parent, next] = [cell.parentNode, cell.nextSibling];
  const frames = async () => {
    for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
  };
  cell.remove();
  await frames();
  parent.insertBefore(cell, next);
  await frames();
}"""
MAKE = f"""\
import backlit
rows = [{{"prompt": {PROMPT!r}, "id": "pets", "source": "tests"}}]
widget = backlit.make_notebook_widget([rows], ["toy"], height=720)
"""
RENDER = f"{MAKE}widget.render()"
SLOW = """\
import time
import backlit
from backlit import from_function

stopped = []

def generate(prompt, options):
    try:
        for number in range(200):
            yield f" word{number}"
            time.sleep(0.1)
    finally:
        stopped.append(number)

engine = from_function(generate=generate, name="slow")
widget = backlit.make_notebook_widget([[{"prompt": "Count."}]], [engine], height=600)
widget.render()
"""


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def name(request: pytest.FixtureRequest, jupyter: Lab) -> Iterator[str]:
    yield request.node.name.removeprefix("test_")
    jupyter.end_kernels()


def generated(widget: Locator) -> None:
    widget.get_by_test_id("generate").click()
    expect(widget.get_by_test_id("answer-text")).to_have_attribute("data-finish", "stop")


def explained(widget: Locator, words: str) -> None:
    """Make the segment with these words the target, and wait for its map."""
    widget.get_by_test_id("answer-text").locator("[data-token]").filter(has_text=words).last.click()
    mapped(widget)


def mapped(widget: Locator) -> None:
    influences = widget.get_by_test_id("influences")
    expect(influences).to_have_attribute("aria-busy", "false")
    expect(influences.get_by_test_id("influence").first).to_be_visible()


def test_python_sees_what_the_person_sees(jupyter: Lab, page: Page, name: str) -> None:
    watch = "seen = []\nwidget.observe(lambda change: seen.append(change.new), 'explanation')"
    ask = (  # a map is seen twice, once its check is there
        "print(widget.selection.text.split(), widget.explanation.attributions[0].method,"
        " len({one[0].scores.tobytes() for one in seen}), seen[-1] is widget.explanation,"
        " widget.datasets['data'].examples[0]['source'])"
    )
    jupyter.write(name, RENDER, watch, ask, "widget.explanation", "print(widget.selection.text)")
    notebook = jupyter.open(page, name)
    notebook.start(0)
    widget = notebook.widget()
    expect(widget.get_by_test_id("example")).to_have_count(1)
    notebook.run(1)
    generated(widget)
    widget.get_by_text("Sentence", exact=True).click()
    explained(widget, "water")
    seen = ["['cold',", "'water.']", "gate_relevance", "1", "True", "tests"]
    assert notebook.told(2, *seen) == seen
    notebook.run(3)  # the map itself, as static HTML
    still = notebook.cell(3).locator(".jp-RenderedHTMLCommon")
    expect(still).to_contain_text("gate_relevance by sentence")
    widget.get_by_text("Word", exact=True).click()
    explained(widget, "cold")
    assert notebook.told(4, "cold") == ["cold"]


def test_python_gets_the_very_map_that_explain_makes(jupyter: Lab, page: Page, name: str) -> None:
    """Every score of it, as long as the person leaves it as it is."""
    ask = """\
from dataclasses import replace
seen = widget.explanation
made = backlit.explain(
    backlit.load_model("toy"), seen.generation, target=(seen[0].target.start, seen[0].target.stop),
    method=seen[0].method, granularity=seen[0].granularity,
)
same = replace(seen[0], faithfulness=None) == made[0]
print(seen[0].method, same, seen.generation == made.generation, len(seen),
      seen.metadata.keys() == made.metadata.keys())"""
    checked = "print(widget.explanation == backlit.load_model('toy').check(seen))"
    jupyter.write(name, RENDER, ask, ask, checked, ask)
    notebook = jupyter.open(page, name)
    notebook.start(0)
    widget = notebook.widget()
    generated(widget)
    widget.get_by_text("Word", exact=True).click()
    explained(widget, "water")
    same = ["True", "True", "1", "True"]
    assert notebook.told(1, "gate_relevance", *same) == ["gate_relevance", *same]
    widget.get_by_test_id("method-select").select_option("occlusion")
    expect(widget.get_by_test_id("method-select")).to_have_value("occlusion")
    mapped(widget)
    assert notebook.told(2, "occlusion", *same) == ["occlusion", *same]
    expect(widget.get_by_test_id("sentence")).to_be_visible()
    assert notebook.told(3, "True") == ["True"]
    widget.get_by_test_id("method-select").select_option("gate_relevance")
    with view_options(widget) as card:
        card.get_by_test_id("aggregate").get_by_text("Mean", exact=True).click()
    mapped(widget)
    assert notebook.told(4, "gate_relevance", "False") == ["gate_relevance", "False"]


def test_the_page_follows_python(jupyter: Lab, page: Page, name: str) -> None:
    explain = """\
model = backlit.load_model("toy")
generation = model.generate("The bird likes ripe berries. The dog", max_new_tokens=4)
widget.explanation = backlit.explain(
    model, generation, target="cold", method="occlusion", granularity="word"
)
print(widget.selection.text)"""
    select = "widget.selection = 'water'\nprint(widget.selection.text, widget.explanation)"
    wrong = "widget.selection = 'no such words'"
    found = "print(widget.explanation.attributions[0].method, widget.selection.text)"
    whole = "widget.selection = generation"
    same = "print(widget.selection.generation == generation, widget.selection.target)"
    jupyter.write(name, RENDER, explain, select, wrong, found, whole, same)
    notebook = jupyter.open(page, name)
    notebook.start(0)
    widget = notebook.widget()
    expect(widget.get_by_test_id("example")).to_have_count(1)
    assert notebook.run(1).strip() == "cold"
    mapped(widget)
    expect(widget.get_by_test_id("method-select")).to_have_value("occlusion")
    expect(widget.get_by_label("Word", exact=True)).to_be_checked()
    expect(widget.get_by_test_id("target-card")).to_contain_text("cold")
    expect(widget.get_by_test_id("example")).to_have_count(2)  # its prompt is one of yours now
    assert notebook.run(2).split() == ["water", "None"]
    expect(widget.get_by_test_id("target-card")).to_contain_text("water")
    mapped(widget)
    assert "TargetError" in notebook.run(3)
    assert "Traceback" not in notebook.cell(3).inner_text()
    assert notebook.told(4, "occlusion", "water") == ["occlusion", "water"]
    notebook.run(5)
    expect(widget.get_by_test_id("target-card")).not_to_contain_text("water")
    assert notebook.run(6).split() == ["True", "None"]


def test_stopping_while_a_cell_runs(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, SLOW, "while not stopped: time.sleep(0.1)\nprint('heard', stopped)")
    notebook = jupyter.open(page, name)
    notebook.start(0)
    widget = notebook.widget()
    expect(widget.get_by_test_id("example")).to_have_count(1)
    notebook.start(1)
    widget.get_by_test_id("generate").click()
    expect(widget.get_by_test_id("answer-text")).to_contain_text("word3")
    expect(notebook.cell(1).locator(".jp-InputArea-prompt")).to_have_text("[*]:")
    widget.get_by_test_id("stop").click()
    expect(widget.get_by_test_id("answer-text")).to_have_attribute("data-finish", "cancelled")
    notebook.ended(1)
    printed = notebook.cell(1).locator(".jp-OutputArea").inner_text()
    assert re.fullmatch(r"heard \[\d+\]", printed.strip()), printed  # while the cell ran
    expect(widget.get_by_test_id("link")).to_have_count(0)


def test_an_older_kernel_says_that_it_waits(
    jupyter: Lab, page: Page, name: str, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    wait = f"import os, time\nwhile not os.path.exists({str(seen)!r}): time.sleep(0.1)"
    jupyter.write(name, RENDER, wait, kernel=OLD_KERNEL)
    notebook = jupyter.open(page, name)
    notebook.start(0)
    widget = notebook.widget()
    expect(widget.get_by_test_id("model-status")).to_have_attribute("data-status", "ready")
    notebook.start(1)
    widget.get_by_test_id("generate").click()
    link = widget.get_by_test_id("link")
    expect(link).to_contain_text("Waiting for the running cell.")
    expect(link).to_contain_text("ipykernel 6")
    seen.touch()
    notebook.ended(1)
    expect(widget.get_by_test_id("answer-text")).to_have_attribute("data-finish", "stop")
    expect(link).to_have_count(0)


def test_a_tab_of_its_own(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, f"{MAKE}widget.render(open_in_new_tab=True)")
    notebook = jupyter.open(page, name)
    with page.context.expect_page() as opening:
        notebook.start(0)
    tab = opening.value
    expect(tab.get_by_test_id("example")).to_have_count(1)
    assert "token" not in tab.url
    generated(tab.locator(".app"))
    link = notebook.cell(0).get_by_role("link", name="Open Backlit in a new tab")
    expect(link).to_have_attribute("href", re.compile(r"^http://127\.0\.0\.1:\d+/\?code="))
    expect(notebook.cell(0)).not_to_contain_text("another machine")


def test_other_examples_instead(jupyter: Lab, page: Page, name: str) -> None:
    other = "widget.render(data=[{'prompt': 'One two three', 'id': 'counting'}])"
    bad = "widget.render(data=[{'text': 'no prompt'}])"
    jupyter.write(name, RENDER, other, bad)
    notebook = jupyter.open(page, name)
    notebook.start(0)
    expect(notebook.widget(0).get_by_test_id("example")).to_contain_text("pets")
    notebook.start(1)
    for index in (0, 1):  # both show the one widget
        expect(notebook.widget(index).get_by_test_id("example")).to_contain_text("counting")
        prompt = notebook.widget(index).get_by_test_id("prompt-editor")
        expect(prompt).to_have_text("One two three")
        expect(prompt).to_have_class(re.compile("cm-content"))  # the kernel handed the editor over
    said = notebook.run(2)
    assert "data-2, row 1: it has no `prompt` and no `messages`" in said
    assert "Traceback" not in said


def test_shown_twice(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, RENDER, "widget.render()")
    notebook = jupyter.open(page, name)
    notebook.run(0)
    notebook.run(1)
    first, second = notebook.widget(0), notebook.widget(1)
    generated(first)
    explained(first, "water")
    expect(second.get_by_test_id("target-card")).to_contain_text("water")
    mapped(second)


def test_a_restarted_kernel(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, RENDER)
    notebook = jupyter.open(page, name)
    notebook.run(0)
    widget = notebook.widget()
    generated(widget)
    explained(widget, "water")
    notebook.command("Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    link = widget.get_by_test_id("link")
    expect(link).to_contain_text("No kernel is behind this widget.")
    mapped(widget)  # the last map stays
    notebook.run(0)
    expect(widget.get_by_test_id("link")).to_have_count(0)
    generated(widget)


def test_a_saved_notebook_shows_the_last_map(jupyter: Lab, page: Page, name: str) -> None:
    path = jupyter.write(name, RENDER)
    notebook = jupyter.open(page, name)
    notebook.run(0)
    generated(notebook.widget())
    explained(notebook.widget(), "water")
    still = notebook.cell(0).locator("[class^=backlit-kept]")
    expect(still).to_contain_text("gate_relevance by line")
    expect(still).to_be_hidden()  # the live map is above it
    notebook.save()
    body, _ = HTMLExporter().from_notebook_node(nbformat.read(path, as_version=4))
    assert "gate_relevance by line" in body
    jupyter.end_kernels()
    jupyter.open(page, name)
    expect(still).to_be_visible()
    expect(still).to_contain_text("gate_relevance by line")


def test_a_notebook_saved_with_its_widgets(jupyter: Lab, page: Page, name: str) -> None:
    """Read-only, and all there: the answer, the target and the map."""
    path = jupyter.write(name, RENDER)
    notebook = jupyter.open(page, name)
    notebook.run(0)
    generated(notebook.widget())
    explained(notebook.widget(), "water")
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Save Widget State Automatically").click()
    notebook.save_with("widget-state", path)
    jupyter.end_kernels()
    jupyter.open(page, name)
    widget = notebook.widget()
    too_early = page.get_by_text("Error displaying widget: model not found")
    expect(widget.get_by_test_id("link").or_(too_early).first).to_be_visible()
    if too_early.is_visible():  # JupyterLab may draw a cell before it has read its widgets' state
        jupyter.open(page, name)
    expect(widget.get_by_test_id("link")).to_contain_text("to read only")
    mapped(widget)
    expect(widget.get_by_test_id("target-card")).to_contain_text("water")
    widget.get_by_test_id("generate").click()
    expect(widget.get_by_test_id("error").first).to_contain_text("No kernel")


def test_keys_stay_in_the_widget(jupyter: Lab, page: Page, name: str) -> None:
    """Letters are not JupyterLab's commands, and its cells' letters are not ours."""
    jupyter.write(name, RENDER, "1 + 1")
    notebook = jupyter.open(page, name)
    notebook.run(0)
    widget = notebook.widget()
    widget.get_by_test_id("browse").click()  # in a cell, the examples are folded away
    search = widget.get_by_placeholder("Search examples")
    search.press_sequentially("dd ax")
    expect(search).to_have_value("dd ax")
    expect(page.locator(".jp-CodeCell")).to_have_count(2)
    widget.get_by_test_id("generate").focus()
    page.keyboard.press("2")
    expect(widget.get_by_label("Word", exact=True)).to_be_checked()
    notebook.cell(1).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("m")  # JupyterLab's: a cell of text
    expect(page.locator(".jp-CodeCell")).to_have_count(1)
    expect(widget.get_by_label("Word", exact=True)).to_be_checked()


def test_in_notebook_7(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, RENDER, "print(widget.selection.text)")
    # Notebook stumbles over JupyterLab's settings, which is not for our page to answer for.
    notebook = jupyter.open_alone(page.context.new_page(), name)
    notebook.run(0)
    widget = notebook.widget()
    generated(widget)
    explained(widget, "water")
    assert notebook.run(1).strip() == "cold water."


def test_it_is_as_dark_as_the_notebook(jupyter: Lab, page: Page, name: str) -> None:
    jupyter.write(name, RENDER)
    notebook = jupyter.open(page, name)
    notebook.run(0)
    app = notebook.widget()
    expect(app).to_have_css("background-color", "rgb(246, 245, 242)")
    notebook.command("Use Theme: JupyterLab Dark")
    expect(app).to_have_css("background-color", "rgb(15, 17, 21)")
    notebook.command("Use Theme: JupyterLab Light")
    expect(app).to_have_css("background-color", "rgb(246, 245, 242)")


def test_a_model_that_is_not_there(jupyter: Lab, page: Page, name: str) -> None:
    make = "import backlit\nwidget = backlit.make_notebook_widget(models=['toy', 'my:/nowhere/x'])"
    jupyter.write(name, f"{make}\nwidget.render()")
    notebook = jupyter.open(page, name)
    notebook.run(0)
    widget = notebook.widget()
    widget.get_by_test_id("model-select").select_option("my")
    expect(widget.get_by_test_id("banner")).to_contain_text("/nowhere/x")
    widget.get_by_test_id("model-select").select_option("toy")
    expect(widget.get_by_test_id("model-status")).to_have_attribute("data-status", "ready")


@pytest.mark.model
def test_in_a_small_cell_what_matters_is_seen(jupyter: Lab, browser: Browser, name: str) -> None:
    make = (
        "import backlit\n"
        'widget = backlit.make_notebook_widget(["sample_prompts"], ["smollm2"], height=800)\n'
        "widget.render()"
    )
    jupyter.write(name, make)
    context = browser.new_context(viewport={"width": 1010, "height": 1000})
    notebook = jupyter.open(context.new_page(), name)
    notebook.page.keyboard.press("ControlOrMeta+b")  # the file browser makes way
    notebook.run(0)
    widget = notebook.widget()
    widget.scroll_into_view_if_needed()
    box = widget.bounding_box()
    assert box
    assert box["height"] == pytest.approx(800, abs=4)
    assert box["width"] <= 910
    expect(widget.get_by_test_id("model-status")).to_have_attribute("data-status", "ready")
    generated(widget)
    explained(widget, "try")
    what_matters_is_seen(widget, influences=3)
    assert violations(widget) == ""
    context.close()


def test_nor_has_a_long_prompt_to_be_scrolled_there(
    jupyter: Lab, browser: Browser, name: str
) -> None:
    """Of 4,000 tokens."""
    make = """\
import backlit
lines = [f"{n} and {n * 7}." for n in range(700)]
prompt = "\\n".join([*lines[:300], "The dog likes cold water.", *lines[300:], "The dog likes"])
widget = backlit.make_notebook_widget([[{"prompt": prompt}]], ["toy"], height=800)
widget.render()
"""
    jupyter.write(name, make, "print(99 * 'a line\\n', 'the last line')")
    context = browser.new_context(viewport={"width": 1010, "height": 1000})
    notebook = jupyter.open(context.new_page(), name)
    notebook.page.keyboard.press("ControlOrMeta+b")
    notebook.run(0)
    widget = notebook.widget()
    widget.scroll_into_view_if_needed()
    widget.get_by_test_id("generate").click()
    finished = re.compile("stop|length")
    expect(widget.get_by_test_id("answer-text")).to_have_attribute("data-finish", finished)
    widget.get_by_test_id("granularity").get_by_text("Line", exact=True).click()
    widget.get_by_test_id("answer-text").locator("[data-token]").first.click()
    what_matters_is_seen(widget, influences=3)
    tokens = widget.get_by_test_id("token-count").inner_text().split()[0]
    assert int(tokens.replace(",", "")) >= 4_000
    # of cells that are out of sight, a notebook may drop all, or only the layout
    widget.evaluate(AWAY_AND_BACK)
    what_matters_is_seen(widget, influences=3)
    notebook.run(1)
    notebook.cell(1).get_by_text("last line").last.scroll_into_view_if_needed()
    expect(notebook.cell(0)).to_have_attribute("style", re.compile("content-visibility: auto"))
    widget.scroll_into_view_if_needed()
    what_matters_is_seen(widget, influences=3)
    context.close()
