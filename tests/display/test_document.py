"""A file that opens anywhere: what is in it, and that nothing of its data can run."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from backlit.display.document import _static, document

NASTY = '</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>&lt;\u2028"'


class Elements(HTMLParser):
    """Every element with its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.append("")
        self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[-1] += data


def parsed(text: str) -> Elements:
    elements = Elements()
    elements.feed(text)
    return elements


def texts_of(elements: Elements, tag: str) -> list[str]:
    pairs = zip(elements.found, elements.texts, strict=True)
    return [text for (name, _), text in pairs if name == tag]


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@given(st.text(), st.text())
def test_data_is_text_whatever_it_says(title: str, text: str) -> None:
    whole = parsed(document(title + NASTY, json.dumps({"text": text + NASTY}), [text + NASTY]))
    tags = [tag for tag, _ in whole.found]
    assert tags.count("script") == 2
    assert "img" not in tags
    data, _ = texts_of(whole, "script")
    assert json.loads(data) == {"text": text + NASTY}


def test_its_policy_names_what_it_runs_and_nothing_else() -> None:
    whole = parsed(document("A title", "{}", ["It said so."]))
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in whole.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    _, script = texts_of(whole, "script")
    (style,) = texts_of(whole, "style")
    assert "default-src 'none'" in policy
    assert f"script-src {hash_of(script)};" in policy
    assert f"style-src {hash_of(style)};" in policy
    assert "unsafe" not in policy


def test_it_names_no_address_but_in_messages() -> None:
    text = document("A title", "{}", [])
    named = set(re.findall(r"https?://[\w.]+", text))
    assert named <= {"http://www.w3.org", "https://svelte.dev", "http://127.0.0.1"}
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_its_script_ends_where_it_should() -> None:
    script = _static("report.js")
    assert "</script" not in script.lower()
    assert "<!--<script" not in script.lower()


def test_it_is_small() -> None:
    assert len(document("A title", "{}", []).encode()) < 300_000
