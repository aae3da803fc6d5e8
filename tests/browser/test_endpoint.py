"""The page on a model that a server runs: llama.cpp's own, with the default model in it."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.endpoints import faked
from tests.support.page import (
    SECONDS,
    answer_chip,
    finished,
    generate,
    granularity,
    mapped,
    serve,
    type_prompt,
    view,
)

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.process]

PROMPT = """\
It often rains here.
The lantern festival is held in Tarvika.
Bread is cheap.
People like to sing.
Question: where is the lantern festival held? Answer: It is held in"""
COST = r"[\d,]+ calls, [\d,]+ prompt tokens, \$0\.\d+\."
KEY = "sk-very-secret-7413"


@pytest.fixture(scope="module")
def url(llama_url: str) -> Iterator[str]:
    with serve(f"remote:endpoint:{llama_url}") as address:
        yield address


def test_the_main_job_on_a_server(page: Page, url: str) -> None:
    page.goto(url)
    status = page.get_by_test_id("model-status")
    expect(status).to_have_attribute("data-status", "ready", timeout=SECONDS)
    expect(page.get_by_test_id("abilities")).to_contain_text(
        "exact, 1 call for each altered prompt"
    )
    type_prompt(page, PROMPT)
    page.get_by_test_id("options").click()
    page.get_by_label("Longest answer").fill("40")
    generate(page)
    finished(page)
    granularity(page, "Line")
    answer_chip(page, "ika")
    mapped(page)
    expect(page.get_by_test_id("influence").first).to_contain_text(
        "The lantern festival is held in Tarvika."
    )
    gates = page.get_by_test_id("method-select").locator("option[value=gate_relevance]")
    expect(gates).to_be_disabled()
    page.get_by_test_id("influence").first.get_by_test_id("mute").click()
    expect(page.get_by_test_id("mute-result")).to_contain_text("less likely")
    expect(page.get_by_test_id("mute-result")).to_be_in_viewport()
    page.get_by_test_id("generate-without").click()
    expect(page.get_by_test_id("without")).to_be_visible(timeout=SECONDS)
    finished(page)


def test_a_map_of_a_server_is_checked(page: Page, url: str) -> None:
    page.goto(url)
    type_prompt(page, PROMPT)
    generate(page)
    finished(page)
    granularity(page, "Word")
    answer_chip(page, "ika")
    mapped(page)
    page.get_by_test_id("check").click()  # it costs calls, so nobody did it unasked
    verdict = page.get_by_test_id("verdict").last
    expect(verdict).to_have_attribute("data-verdict", re.compile("holds|weak|chance"))


def test_what_a_server_is_asked_for_is_told_before(page: Page) -> None:
    with faked("sglang") as fake, serve(f"remote:{fake.source}", "--price", "2.5") as address:
        page.goto(address)
        type_prompt(page, f"{PROMPT}\nThe cat likes warm")
        generate(page)
        finished(page)
        granularity(page, "Word")
        before = len(fake.of_model())
        answer_chip(page, "milk")
        mapped(page)
        picker = page.get_by_test_id("method-select")
        expect(picker).to_be_in_viewport()
        expect(picker).to_have_attribute("title", re.compile(f"At most {COST}"))
        occlusion = picker.locator("option[value=occlusion]")
        expect(occlusion).to_have_text(re.compile(r"Occlusion · ≤ \d+ calls, \$0\.\d+"))
        told = re.search(r"(\d+) calls", occlusion.inner_text())
        assert told
        check = page.get_by_test_id("trust").get_by_text(re.compile(f"Takes at most {COST}"))
        check.scroll_into_view_if_needed()
        expect(check).to_be_in_viewport()
        expect(page.get_by_test_id("finding")).to_contain_text("Without it")
        assert 0 < len(fake.of_model()) - before <= int(told[1]), "with the proofs"
        expect(page.get_by_text(re.compile(r"\d runs\b"))).to_have_count(0)
        view(page, "Grid")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 844})
            grid = page.get_by_text(
                re.compile(f"At most {COST.replace('calls, ', 'calls, about ')}")
            )
            expect(grid).to_be_in_viewport()


def test_a_server_of_text_is_asked_in_words(page: Page) -> None:
    with faked("echo") as fake, serve(f"remote:{fake.source}") as address:
        page.goto(address)
        expect(page.get_by_test_id("abilities")).to_contain_text("words for tokens")
        type_prompt(page, f"{PROMPT}\nThe cat likes warm")
        generate(page)
        finished(page)
        granularity(page, "Word")
        answer_chip(page, "milk")
        mapped(page)
        expect(page.get_by_test_id("influence").first).to_contain_text("warm")


def test_of_a_server_that_only_writes_answers_are_counted(page: Page) -> None:
    with faked("chat") as fake, serve(f"remote:{fake.source}") as address:
        fake.thinks = "Dogs drink water ."
        page.goto(address)
        expect(page.get_by_test_id("abilities")).to_contain_text("writes only")
        type_prompt(page, "It often rains here.\nwhat does the cat like?")
        generate(page)
        finished(page)
        answer = page.get_by_test_id("answer-text")
        expect(answer).to_contain_text("Dogsdrinkwater.")
        expect(answer).to_contain_text("Reasoning")
        answer_chip(page, "likes")
        mapped(page)
        share = page.get_by_test_id("target-share")
        expect(share).to_contain_text("of 10 answers")
        expect(share).to_be_in_viewport()
        expect(page.get_by_text("percentage points").first).to_be_in_viewport()
        expect(page.get_by_test_id("target-card")).not_to_contain_text("nats")


def test_of_such_a_server_a_muted_part_is_measured_by_counting(page: Page) -> None:
    with faked("chat") as fake, serve(f"remote:{fake.source}") as address:
        page.goto(address)
        type_prompt(page, "It often rains here.\nwhat does the cat like?")
        generate(page)
        finished(page)
        granularity(page, "Word")
        answer_chip(page, "likes")
        mapped(page)
        expect(page.get_by_test_id("finding")).to_contain_text("with these words")
        expect(page.get_by_test_id("mute-cost")).to_contain_text("Muting takes at most 20 calls")
        before = len(fake.of_model())
        page.get_by_test_id("influence").first.get_by_test_id("mute").click()
        counted = page.get_by_test_id("mute-counted")
        expect(counted).to_contain_text(
            re.compile(r"\d+ of 10 answers \(.+\)\s*Without it: \d+ of 10 answers \(.+\)")
        )
        expect(counted).to_contain_text(re.compile(r"Difference −.+ to \d+ points, so it may be"))
        expect(counted.get_by_role("listitem").first).not_to_be_empty()
        expect(page.get_by_test_id("mute-result")).to_contain_text("the share of such answers")
        expect(page.get_by_test_id("mute-card")).not_to_contain_text("likely")
        assert len(fake.of_model()) - before <= 20
        page.set_viewport_size({"width": 390, "height": 844})
        expect(page.get_by_test_id("abilities")).to_contain_text("writes only")
        expect(page.get_by_test_id("abilities")).to_be_in_viewport()


def in_two_parts(go_on: threading.Event) -> Callable[[str, Any, Any], Any]:
    """Streams wait behind their first event."""

    def spoil(path: str, body: Any, answer: Any) -> Any:
        def events() -> Iterator[Any]:
            yield next(answer)
            go_on.wait()
            yield from answer

        return events() if isinstance(answer, Iterator) else answer

    return spoil


def test_a_server_that_is_gone_is_said_and_comes_back(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    with (
        faked("vllm", key="another") as fake,
        serve(f"remote:{fake.source}", "--api-key-env", "THE_KEY") as address,
    ):
        page.goto(address)
        status = page.get_by_test_id("model-status")
        expect(status).to_have_attribute("data-status", "failed", timeout=SECONDS)
        expect(page.get_by_text("refuses the key")).to_be_in_viewport()
        assert KEY not in page.content()
        fake.key = KEY
        status.get_by_role("button").click()
        expect(status).to_have_attribute("data-status", "ready", timeout=SECONDS)
        type_prompt(page, "The cat likes warm")
        go_on = threading.Event()
        fake.spoil = in_two_parts(go_on)
        generate(page)
        answer = page.get_by_test_id("answer-text")
        expect(answer.locator("[data-token]").first).to_be_visible()
        expect(answer).not_to_have_attribute("data-finish", re.compile("."))
        go_on.set()
        finished(page)
        fake.key = "another"
        answer_chip(page, "milk")
        expect(page.get_by_test_id("error").first).to_contain_text("refuses the key")
        expect(page.get_by_test_id("answer-text")).to_contain_text("milk")
        assert KEY not in page.content()


def test_a_server_that_tells_the_likeliest_tokens_is_said_to(page: Page) -> None:
    with faked("prefill") as fake, serve(f"remote:{fake.source}") as address:
        page.goto(address)
        status = page.get_by_test_id("model-status")
        expect(status).to_have_attribute("data-status", "ready", timeout=SECONDS)
        expect(page.get_by_test_id("abilities")).to_contain_text(
            "exact while the target is among the 20 likeliest tokens, 1 call for each of its "
            "tokens for each altered prompt, gradients not available, words for tokens"
        )
        type_prompt(page, "The cat likes warm milk. The dog likes")
        generate(page)
        finished(page)
        granularity(page, "Word")  # a long list, with the field below it
        answer_chip(page, "likes")
        mapped(page)
        page.get_by_test_id("foil-field").fill("zebra")  # no token that is told of begins so
        page.get_by_test_id("apply-foil").click()
        expect(page.get_by_test_id("foil-error")).to_be_in_viewport(ratio=1)
