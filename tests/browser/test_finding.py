"""The finding's figures are those that occlusion and the model itself give, each by its own way."""

import re

import pytest
from playwright.sync_api import Page, expect

from backlit.display.words import times_likely
from backlit.model import Model
from tests.support.page import SECONDS, answer_chip, choose, finished, generate, granularity, mapped

pytestmark = [pytest.mark.browser, pytest.mark.model]

FOUND = re.compile(
    r"line (?P<line>\d+), “(?P<words>.+)” Without it, this answer is (?P<change>.+ less likely), "
    r"and the model says “(?P<said>.+)” instead\."
)


def test_of_the_mistaken_line(page: Page, default_url: str, smollm2: Model) -> None:
    page.goto(default_url)
    choose(page, "fewshot-mistake")
    prompt = page.evaluate(
        """async () => {
          const state = await (await fetch("/api/state")).json();
          return state.datasets[0].examples.find(({ id }) => id === "fewshot-mistake").prompt;
        }"""
    )
    generate(page)
    finished(page)
    granularity(page, "Line")
    with page.expect_request("**/api/explain") as asking:
        answer_chip(page, "try")
    mapped(page)
    expect(page.get_by_test_id("found")).to_be_visible(timeout=SECONDS)
    found = FOUND.search(page.get_by_test_id("found").inner_text())
    assert found
    lines = prompt.split("\n")
    assert lines[int(found["line"]) - 1] == found["words"] == "Recommendation: You have to try it."

    generation = smollm2.generate(prompt, max_new_tokens=128, stop=["\n\n"])
    asked = asking.value.post_data_json
    assert asked is not None
    start, stop = asked["target"]
    explained = smollm2.explain(
        generation, target=(start, stop), method="occlusion", granularity="line"
    )
    sequence = generation.sequence
    number = {
        sequence.text.count("\n", 0, sequence.tokens[one.start].start) + 1: one
        for one in explained[0].segments
    }
    occluded = number[int(found["line"])]
    assert occluded.text.strip() == found["words"]
    assert times_likely(occluded.score) == found["change"]

    del lines[int(found["line"]) - 1]
    before = sequence.text[len(prompt) : sequence.tokens[start].start]
    without = smollm2.generate("\n".join(lines) + before, max_new_tokens=stop - start)
    assert without.response.strip().split("\n")[0] == found["said"]
