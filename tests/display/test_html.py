"""What a notebook shows: nothing lost, nothing let through, and readable anywhere."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

import backlit
from backlit import Message
from backlit.display.figure import OPPOSES, SUPPORTS, TINTS
from backlit.display.html import CONTEXT, MAX_LENGTH
from backlit.display.text import MAX_LINES
from backlit.display.unseen import with_signs
from backlit.engines.toy import ToyEngine
from backlit.explanation import Attribution, Explanation, Generation
from backlit.model import Model, check, explain
from backlit.types import ScoredSegment, Target, Token, TokenSequence


def html_of(value: Explanation | Generation) -> str:
    return value._repr_mimebundle_()["text/html"]


def text_of(value: Explanation | Generation) -> str:
    return value._repr_mimebundle_()["text/plain"]


ATTRIBUTES = {
    "div": {"style"},
    "pre": {"style", "dir"},
    "span": {"style", "title", "dir"},
    "b": {"style", "title"},
    "strong": {"style", "dir"},
    "em": {"style"},
    "code": {"style"},
    "ol": {"style"},
    "ul": {"style"},
    "li": set(),
}
# What JupyterLab leaves of a style in a notebook that it does not trust: no `inherit`, no `.5`.
LENGTH = r"(0|\d+(\.\d+)?em)"
COLOUR = r"rgba\(\d{1,3},\d{1,3},\d{1,3},0\.\d+\)"
STYLES = {
    "background-color": f"{COLOUR}|transparent",
    "border": f"1px solid {COLOUR}",
    "border-radius": r"\dpx",
    "font-style": "normal",
    "font-weight": "normal",
    "line-height": r"\d\.\d",
    "margin": f"{LENGTH}( {LENGTH})*",
    "max-height": LENGTH,
    "max-width": LENGTH,
    "opacity": r"0\.\d+",
    "overflow": "auto",
    "overflow-wrap": "break-word",
    "padding": f"{LENGTH}( {LENGTH})*",
    "text-decoration": "underline",
    "white-space": "pre-wrap",
    "word-break": "normal",
}


class Page(HTMLParser):
    """HTML that is checked while it is read: what may occur, and that all tags are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str], str]] = []  # tag, attributes, text inside
        self.inside: list[int] = []
        self.feed(html)
        self.close()
        assert not self.open
        assert "\n" not in html  # or a blank line would end it in Markdown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert set(given) <= ATTRIBUTES[tag]
        assert given.get("dir", "auto") == "auto"
        for rule in filter(None, given.get("style", "").split(";")):
            name, value = rule.split(":")
            assert re.fullmatch(STYLES[name], value), rule
        self.open.append(tag)
        self.inside.append(len(self.found))
        self.found.append((tag, given, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.inside.pop()

    def handle_data(self, data: str) -> None:
        for at in self.inside:
            tag, given, text = self.found[at]
            self.found[at] = tag, given, text + data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def texts(self, tag: str) -> list[str]:
        return [text for found, _, text in self.found if found == tag]

    def tinted(self) -> dict[str, str]:
        """Texts in the box and their colours."""
        return {
            text: match[1]
            for tag, given, text in self.found
            if tag != "code"
            and (match := re.search(r"background-color:(rgba\(.*?\))", given.get("style", "")))
        }


def made(
    texts: Sequence[str],
    scores: Sequence[float],
    target: str = " yes",
    rest: str = "",
    *,
    signed: bool = True,
    model: str = "m",
    role: str = "prompt",
) -> Explanation:
    """An explanation with one segment for each text."""
    tokens: list[Token] = []
    text = ""
    for i, piece in enumerate((*texts, target, rest)):
        where = role if i < len(texts) else "response"
        tokens.append(Token(i, piece, len(text), len(text) + len(piece), role=where))
        text += piece
    sequence = TokenSequence(text, tuple(tokens), len(texts))
    segments = tuple(
        ScoredSegment(i, i + 1, piece, role, score)
        for i, (piece, score) in enumerate(zip(texts, scores, strict=True))
    )
    place = Target(len(texts), len(texts) + 1)
    found = Attribution("occlusion", {}, place, "word", segments, signed, -1.5)
    return Explanation(Generation("", sequence, "stop", model), (found,))


def colour(rgb: tuple[int, int, int]) -> str:
    return f"rgba({','.join(map(str, rgb))},"


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


# ---- the text and its tints ----------------------------------------------------------------


def test_the_whole_text_the_target_and_a_ranking(model: Model) -> None:
    prompt = "  The dog likes\n\n\tcold water.\nThe dog likes"
    one = explain(
        model, prompt, response=" cold water.", target="cold", granularity="word", method="grad_l2"
    )
    page = Page(html_of(one))
    assert page.texts("pre") == [prompt + " cold water."]
    assert page.texts("em") == ["cold"]
    assert page.texts("strong") == ["toy · grad_l2 by word", "cold", "cold"]
    scores = sorted((abs(s.score) for s in one.attributions[0].segments), reverse=True)
    assert [float(text) for text in page.texts("code")] == pytest.approx(scores[:5], abs=6e-4)
    assert "log p(target) = " in page.texts("div")[1]


def test_blue_supports_and_orange_opposes() -> None:
    page = Page(html_of(made([" so", " much", " more"], [2.0, -1.0, 0.02])))
    assert page.tinted()["so"].startswith(colour(SUPPORTS))
    assert page.tinted()["much"].startswith(colour(OPPOSES))
    assert "more" not in page.tinted()
    unsigned = Page(html_of(made([" so", " much"], [2.0, 1.0], signed=False)))
    assert all(found.startswith(colour(SUPPORTS)) for found in unsigned.tinted().values())


def test_stronger_scores_have_stronger_tints() -> None:
    page = Page(html_of(made([" a", " b", " c", " d"], [4.0, 3.0, 2.0, 1.0])))
    alphas = [float(page.tinted()[text].split(",")[3].rstrip(")")) for text in "abcd"]
    assert alphas == sorted(set(alphas), reverse=True)


def test_without_any_style_what_matters_is_bold() -> None:
    words = [f" w{i}" for i in range(8)]
    page = Page(html_of(made(words, [9, 8, 7, 6, 5, 4, 0.1, 0])))
    assert page.texts("b") == ["w0", "w1", "w2", "w3", "w4"]  # w5 is tinted, but not among them
    assert "w5" in page.tinted()
    few = Page(html_of(made(words, [9, 0.1, 0.1, 0, 0, 0, 0, 0])))
    assert few.texts("b") == ["w0"]
    assert len(few.texts("code")) == 5


def test_what_a_template_added_is_dim_and_unranked(model: Model) -> None:
    one = explain(model, (Message("user", "The dog likes"),), response=" cold", granularity="word")
    page = Page(html_of(one))
    dim = [text for tag, given, text in page.found if "opacity" in given.get("style", "")]
    assert dim[0] == "[user]"
    assert page.texts("pre") == [one.generation.sequence.text]
    assert not any("[user]" in text for text in page.texts("li"))
    assert "[user]" not in page.tinted()


def test_neighbours_that_look_alike_are_one_piece() -> None:
    rest = [0.401, 0.402, 0.403]
    page = Page(html_of(made(list("ABCDEFGHI"), [1, 1, 1, 1, 1, *rest, 0.0])))
    titles = {text: given["title"] for _, given, text in page.found if "title" in given}
    assert titles == {**dict.fromkeys("ABCDE", "+1.000"), "FGH": "+0.401 to +0.403"}


def test_no_bare_space_is_tinted_unless_it_is_all_there_is() -> None:
    page = Page(html_of(made([" one", "\n\n", " two\n"], [3.0, 2.0, 1.0])))
    assert set(page.tinted()) == {"one", "\n\n", "two"}
    assert page.texts("pre") == [" one\n\n two\n yes"]
    assert "'\\n\\n'" in page.texts("li")[1]


def test_scores_of_nothing_have_no_tint() -> None:
    page = Page(html_of(made([" a", " b"], [0.0, 0.0])))
    assert not page.tinted()
    assert len(page.texts("li")) == 2
    assert Page(html_of(made([], []))).texts("pre") == [" yes"]


def test_a_target_without_characters_has_a_name() -> None:
    one = made([" a"], [1.0], target="")
    tokens = list(one.generation.sequence.tokens)
    tokens[1] = replace(tokens[1], text="<end>", special=True)
    sequence = replace(one.generation.sequence, tokens=tuple(tokens))
    ended = replace(one, generation=replace(one.generation, sequence=sequence))
    assert Page(html_of(ended)).texts("em") == ["<end>"]
    assert "target: <end>" in text_of(ended)


# ---- safe ----------------------------------------------------------------------------------


HOSTILE = [
    "<script>alert(1)</script>",
    "</pre>",
    "\"'>",
    "&amp;",
    "\x00\x1b[31m",
    "\ud800",
    "\r\n",
    "שלום",
]
hostile = st.text(max_size=12) | st.sampled_from(HOSTILE)


@given(st.lists(hostile, max_size=6), hostile, hostile, hostile)
def test_whatever_was_written_is_text(texts: list[str], target: str, rest: str, model: str) -> None:
    one = made(texts, [(-1) ** i * i for i in range(len(texts))], target, rest, model=model)
    noted = replace(one.attributions[0], notes=(target,), method=rest)
    one = replace(one, attributions=(noted,))
    page = Page(html_of(one))
    assert [shown(text) for text in page.texts("pre")] == [shown("".join((*texts, target, rest)))]
    prompt, response = one.generation.sequence.prompt.text, one.generation.response
    boxes = Page(html_of(one.generation)).texts("pre")
    assert [shown(text) for text in boxes] == [shown(prompt), shown(response)]
    for bundle in (one._repr_mimebundle_(), one.generation._repr_mimebundle_()):
        assert all(text.encode() for text in bundle.values())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", bundle["text/plain"])


def shown(text: str) -> str:
    """What is seen of a text; pieces that are drawn apart may have signs that the whole has not."""
    text = regex.sub(r"⟦[^⟧]*⟧|\p{Default_Ignorable_Code_Point}", "", with_signs(text))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_right_to_left_text_has_its_direction() -> None:
    page = Page(html_of(made(["שלום", " hello"], [1.0, 0.5])))
    directed = {text for _, given, text in page.found if given.get("dir") == "auto"}
    assert {"שלום", "hello", "yes", "שלום hello yes"} <= directed


def test_a_line_end_in_front_survives_a_browser() -> None:
    html = html_of(made(["\nfirst"], [0.0]))
    assert re.search(r"<pre[^>]*><span></span>&#10;first", html)  # parsers drop one after <pre>


def luminance(rgb: Sequence[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Sequence[float], b: Sequence[float]) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("page", "ink"),
    [(255, 0), (255, 33), (17, 255), (31, 204)],  # JupyterLab light and dark, VS Code dark
)
def test_text_is_easy_to_read_on_every_tint(page: int, ink: int) -> None:
    texts = [f" {i}" for i in range(2 * TINTS)]
    scores = [(i // 2 + 1) * (-1) ** i for i in range(2 * TINTS)]
    html = html_of(made(texts, scores, rest=" more"))
    tints = {tuple(map(float, m)) for m in re.findall(r"r:rgba\((.+?),(.+?),(.+?),(.+?)\)", html)}
    tints = {tint for tint in tints if tint[:3] in {SUPPORTS, OPPOSES}}
    assert len(tints) == 2 * TINTS
    for *rgb, alpha in tints:
        behind = [(alpha * c + (1 - alpha) * page) / 255 for c in rgb]
        assert contrast(behind, [ink / 255] * 3) >= 4.5
    dim = float(re.findall(r"opacity:(.+?)\"", html)[0])
    faded = (dim * ink + (1 - dim) * page) / 255
    assert contrast([faded] * 3, [page / 255] * 3) >= 4.5


# ---- small ---------------------------------------------------------------------------------


def test_a_map_of_two_thousand_tokens_is_small() -> None:
    texts = [" tokens"[: 2 + i % 6] for i in range(2_000)]
    scores = [(-1) ** i * (1 + i % 10) / 3 for i in range(2_000)]  # no two neighbours alike
    html = html_of(made(texts, scores))
    assert Page(html).texts("pre") == ["".join(texts) + " yes"]
    assert len(html) < 200_000
    assert len(html_of(made(texts, [0.0] * 2_000))) < 15_000


def test_a_long_text_is_shown_around_what_matters() -> None:
    texts = [f" {i:06}" for i in range(6_000)]
    scores = [0.0] * 6_000
    scores[1_000], scores[4_000] = 2.0, -1.0
    (box,) = Page(html_of(made(texts, scores))).texts("pre")
    gaps = [int(n.replace(",", "")) for n in re.findall(r" … ([\d,]+) characters … ", box)]
    kept = re.sub(r" … [\d,]+ characters … ", "", box)
    assert sum(gaps) + len(kept) == len("".join(texts)) + len(" yes")
    assert len(gaps) == 3
    assert " 000999 001000 001001" in box
    assert " 003999 004000 004001" in box
    assert box.endswith(" 005999 yes")
    assert len(kept) < MAX_LENGTH


def test_even_a_long_segment_is_cut() -> None:
    one = made(["x" * 50_000, " y", "z" * 50_000], [3.0, 2.0, 1.0], "t" * 50_000)
    (box,) = Page(html_of(one)).texts("pre")
    assert box.startswith("x" * CONTEXT + " … 48,400 characters … x")
    assert len(box) < MAX_LENGTH
    assert max(map(len, text_of(one).splitlines())) < 200


def test_a_text_that_fits_is_whole() -> None:
    one = made(["x" * (MAX_LENGTH - 4)], [1.0])
    assert "…" not in Page(html_of(one)).texts("pre")[0]


# ---- what is said --------------------------------------------------------------------------


def test_foil_notes_and_faithfulness_are_told(model: Model) -> None:
    one = explain(
        model,
        "I like sweet soup. The dog likes cold water. The bird likes",
        response=" ripe berries",
        foil=" cold water",
        method=["occlusion", "knockout"],
        granularity="word",
    )
    noted = replace(one.attributions[0], notes=("Take <care>.",))
    one = check(replace(one, attributions=(noted, one.attributions[1])), model)
    html, text = html_of(one), text_of(one)
    assert html.count("positive supports the target over the foil") == 2
    assert "log p(foil “cold water”)" in text
    remarks = [text for text in Page(html).texts("li") if text[0] not in "+-"]
    sentences = [checked.faithfulness.sentence for checked in one if checked.faithfulness]
    assert remarks == ["Take <care>.", *sentences]
    assert all(remark in text for remark in remarks)


def test_standard_errors_and_levels_are_told() -> None:
    one = made([" a", " b"], [2.0, 1.0])
    first, second = one.attributions[0].segments
    segments = (replace(first, standard_error=0.25, level="line"), second)
    html = html_of(replace(one, attributions=(replace(one.attributions[0], segments=segments),)))
    assert Page(html).texts("code") == ["+2.000 ± 0.250", "+1.000"]
    assert "by coarse to fine" in html


def test_plain_text_is_a_few_lines() -> None:
    one = made([" so", " much", " more"], [0.5, -12.0, 0.0], target="\n yes")
    assert text_of(one).splitlines() == [
        "m · occlusion by word: positive supports the target. log p(target) = -1.500 nats.",
        "  1. -12.000  much",
        "  2. +0.500   so",
        "  3. +0.000   more",
        "  target: yes",
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_plain_text_of_many_maps_is_still_a_few_lines(count: int) -> None:
    one = made([f" w{i}" for i in range(9)], range(9))
    noted = replace(one.attributions[0], notes=("One.", "Two."))
    text = text_of(replace(one, attributions=(noted,) * count))
    assert len(text.splitlines()) <= MAX_LINES
    assert (" 5. " in text) == (count == 1)
    assert text.endswith("more lines") == (count > 2)


def test_without_a_map_there_is_the_response() -> None:
    one = replace(made([" a"], [1.0]), attributions=())
    assert html_of(one) == html_of(one.generation)
    assert text_of(one) == text_of(one.generation)


def test_a_generation(model: Model) -> None:
    one = model.generate("\nThe cat likes", max_new_tokens=2)
    page = Page(html_of(one))
    assert page.texts("pre") == ["\nThe cat likes", " cold water"]
    assert page.texts("strong") == ["cold water"]
    assert page.texts("div")[1] == "toy · 2 tokens · reached its limit of new tokens"
    assert text_of(one).splitlines() == [
        "toy · 2 tokens · reached its limit of new tokens",
        "  prompt: The cat likes",
        "  response: cold water",
    ]


def test_a_generation_that_was_muted_or_empty(model: Model) -> None:
    one = replace(model.generate("The cat likes", max_new_tokens=1), muted=((0, 1),))
    assert "1 token · " in text_of(one)
    assert text_of(one).splitlines()[0].endswith(" · without 1 muted part")
    prompt = one.sequence.prompt
    assert Page(html_of(replace(one, sequence=prompt))).texts("strong") == []


def test_a_notebook_finds_both() -> None:
    model = backlit.load_model("toy")
    generation = model.generate("The dog likes", max_new_tokens=2)
    one = backlit.explain(model, generation, granularity="word")
    for value, name in ((one, "explanation"), (generation, "generation")):
        bundle = value._repr_mimebundle_(include={"text/html"}, exclude=None)
        assert list(bundle) == ["text/html", "text/plain"]
        assert bundle["text/html"].startswith("<div")
        assert bundle == value._repr_mimebundle_()
        assert repr(value).lower().startswith(f"<{name}")
