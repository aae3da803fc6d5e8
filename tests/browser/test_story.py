"""The whole story on the default model: what went wrong, a fix, principles, and a colleague's word.

Told twice: with a mouse, and with nothing but a keyboard.
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backlit import load_dataset
from backlit.explanation import Explanation
from backlit.model import Model
from tests.browser.test_compare import SLIP, column, figures, kept, live
from tests.browser.test_report import alone, colours_of
from tests.support.hands import Hand, Keyboard, Mouse
from tests.support.page import SECONDS, finished, mapped

pytestmark = [pytest.mark.browser, pytest.mark.model]

FIXED = "Recommendation: Avoid."
PRINCIPLES = (
    "Never recommend a dish that holds something the guest dislikes.",
    "Keep the analysis short.",
)
QUESTION = "Enjoys: toasted nuts\nDislikes: {dislikes}\nDish: {dish}\nAnalysis:"
ROWS = (
    "eggplant\tBaked eggplant with rice\n"
    "anise\tPear cake with anise\n"
    "beef\tBeef stew with carrots\n"
    "fish\tGrilled fish on toast\n"
    "mint\tPea soup with mint\n"
)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("hand", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_from_a_wrong_answer_to_a_colleague_who_agrees(
    page: Page, browser: Browser, default_url: str, smollm2: Model, tmp_path: Path, hand: Hand
) -> None:
    page.goto(default_url)
    find_the_line(page, hand)
    fixed = fix_and_compare(page, hand, smollm2)
    feedback_becomes_a_principle(page, hand)
    which_principle_did_it(page, hand, fixed)
    file = note_and_export(page, hand, tmp_path)
    review = agree_offline(browser, hand, file, tmp_path)
    take_it_in(page, hand, review)


def find_the_line(page: Page, hand: Hand) -> None:
    """Run the mistaken prompt, and ask about what surprises: its lines."""
    hand.press(page.get_by_test_id("example").filter(has_text="fewshot-mistake"))
    hand.press(page.get_by_test_id("generate"))
    finished(page)
    hand.choose(page.get_by_test_id("granularity"), "Line")
    hand.pick(page.get_by_test_id("answer-text").locator("[data-token]"), "try")
    mapped(page)
    found = page.get_by_test_id("found")
    expect(found).to_contain_text(f"line 19, “{SLIP}”")
    expect(found).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("proof").first).to_be_in_viewport(ratio=1)


def fix_and_compare(page: Page, hand: Hand, model: Model) -> str:
    """Try a change beside the run; the answers' own figures are those of `explain`."""
    mistaken = load_dataset("sample_prompts").examples[0].prompt
    assert isinstance(mistaken, str)
    before, _, after = mistaken.rpartition(SLIP)
    fixed = f"{before}{FIXED}{after}"
    hand.press(page.get_by_test_id("try-change"))
    hand.write(live(page).locator(".cm-content"), fixed)
    hand.press(live(page).get_by_test_id("generate"))
    sentence = page.get_by_test_id("compared")
    slip = before.count("\n") + 1
    told = f"With line {slip} changed to “{FIXED}”, the model says"
    expect(sentence).to_contain_text(told, timeout=SECONDS)
    expect(sentence).to_contain_text("times less likely")
    for seen in (sentence, page.get_by_test_id("matrix")):
        expect(seen).to_be_in_viewport(ratio=1)
    shown = figures(page)
    hand.press(page.get_by_test_id("stop-trying"))
    runs = [Explanation.from_json(json.dumps(one)) for one in kept(page)]
    assert [run.generation.prompt for run in runs] == [mistaken, fixed]
    for number, run in enumerate(runs):
        assert shown[number][number] == pytest.approx(explained(run, model), abs=1e-4)
        others = [row[number] for row in shown]
        assert max(others) == shown[number][number]  # after its own prompt it is the likeliest
    hand.press(column(page, 1).get_by_test_id("look-at"))
    expect(page.get_by_test_id("prompt-text")).to_contain_text(FIXED)
    return fixed


def explained(run: Explanation, model: Model) -> float:
    """How likely Python finds the words that were asked about: nats."""
    target, prompt = run[0].target, run.generation.prompt
    span, options = (target.start, target.stop), {"stop": ("\n\n",)}
    again = model.explain(prompt, target=span, method="grad_l2", options=options, progress=False)
    assert again.generation.response == run.generation.response
    log_prob = again[0].target_log_prob
    assert log_prob is not None
    return log_prob


def feedback_becomes_a_principle(page: Page, hand: Hand) -> None:
    """The small model's draft is told to be poor, if it is; the person's own words go on."""
    hand.press(page.get_by_test_id("make-principle"))
    hand.write(page.get_by_test_id("feedback"), "It must not recommend what the guest dislikes.")
    hand.press(page.get_by_test_id("draft"))
    expect(page.get_by_test_id("principle-text")).not_to_have_value("")
    expect(page.get_by_test_id("principle-text")).to_be_in_viewport(ratio=1)
    hand.write(page.get_by_test_id("principle-text"), PRINCIPLES[0])
    hand.press(page.get_by_test_id("try-principle"))
    expect(page.get_by_test_id("principle")).to_have_value(PRINCIPLES[0])


def which_principle_did_it(page: Page, hand: Hand, prompt: str) -> None:
    """Three variants beside the prompt as it is, over five rows."""
    examples = prompt[: prompt.rindex("Enjoys: ")]
    hand.write(page.get_by_test_id("grid-template"), examples + QUESTION)
    hand.press(page.get_by_test_id("add-principle"))
    hand.write(page.get_by_test_id("principle").nth(1), PRINCIPLES[1])
    hand.paste(page.get_by_test_id("grid-rows").locator("input").first, ROWS)
    hand.write(page.get_by_test_id("grid-find"), "Avoid")
    hand.write(page.get_by_test_id("grid-answer"), " You dislike {dislikes}.")
    hand.press(page.get_by_test_id("run-grid"))
    sentences = page.get_by_test_id("grid-sentence")
    expect(sentences).to_have_count(4, timeout=2 * SECONDS)
    expect(page.get_by_test_id("grid-row")).to_have_count(5)
    expect(sentences.last).to_contain_text("of what is new, line")
    expect(sentences.last).to_be_in_viewport(ratio=1)
    new = page.get_by_test_id("line-effect").filter(has_text="new")
    expect(new).to_have_count(2)
    expect(new.first).to_be_in_viewport(ratio=1)


def note_and_export(page: Page, hand: Hand, folder: Path) -> Path:
    """Look into an answer of the grid, say what it shows, and hand that on."""
    answers = page.get_by_test_id("grid-row").first.get_by_test_id("grid-cell")
    hand.press(answers.nth(3).get_by_role("button"))
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_in_viewport(ratio=1)
    hand.press(page.get_by_test_id("add-note"))
    hand.write(page.get_by_test_id("review-note"), "The first principle did it.")
    hand.write(page.get_by_test_id("review-by"), "Ann")
    hand.press(page.get_by_test_id("keep-note"))
    expect(page.get_by_test_id("review")).to_contain_text("The first principle did it.")
    expect(page.get_by_test_id("review")).to_be_in_viewport(ratio=1)
    hand.press(page.get_by_test_id("export-open").first)
    with page.expect_download(timeout=SECONDS) as download:
        hand.press(page.get_by_test_id("download"))
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    status = page.get_by_test_id("export").get_by_role("status")
    expect(status).to_contain_text(f"Saved as {path.name}")
    expect(status).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    return path


def agree_offline(browser: Browser, hand: Hand, file: Path, folder: Path) -> Path:
    """A colleague opens the file with the network off, looks closer, and agrees."""
    with alone(browser, file) as report:
        expect(report.get_by_test_id("note")).to_have_text("Ann: The first principle did it.")
        colours = colours_of(report, "[data-pane=prompt]")
        hand.choose(report.get_by_test_id("granularity"), "Word")
        assert colours_of(report, "[data-pane=prompt]") != colours
        hand.press(report.get_by_test_id("opinion-agree"))
        hand.write(report.get_by_test_id("review-by"), "Ben")
        with report.expect_download(timeout=SECONDS) as download:
            hand.press(report.get_by_test_id("save-review"))
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        expect(report.get_by_test_id("yours")).to_contain_text(f"Saved as {path.name}")
    return path


def take_it_in(page: Page, hand: Hand, review: Path) -> None:
    """What the colleague said stands at the finding."""
    hand.choose(page.get_by_test_id("views"), "Review")
    hand.hand_in(page.get_by_test_id("import-review"), review)
    expect(page.get_by_test_id("taken")).to_contain_text("1 review was taken in")
    expect(page.get_by_test_id("taken")).to_be_in_viewport(ratio=1)
    hand.choose(page.get_by_test_id("views"), "Look")
    expect(page.get_by_test_id("review").last).to_contain_text("Ben agrees")
    expect(page.get_by_test_id("review").last).to_be_in_viewport(ratio=1)
