"""What a browser has to load: little enough to be there at once."""

import gzip
import importlib.resources
import re

STATIC = importlib.resources.files("backlit") / "static"
FIRST_LOAD = 250_000  # bytes, compressed; the editor is part of it
VIEW = 15_000  # of what is loaded once a view is opened
LANGUAGE = 20_000  # of what is loaded once it is spoken
WIDGET = 600_000  # bytes, as they stand in a notebook


def test_the_page_and_its_editor_are_small() -> None:
    assets = [file for file in (STATIC / "assets").iterdir() if file.is_file()]
    assert {file.name.rsplit(".", 1)[1] for file in assets} == {"css", "js"}
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'"\./(?:assets/)?([^"/]+\.(?:css|js))"', page))
    editor = {file.name for file in assets if file.name.startswith("codemirror")}
    assert len(named) >= 3
    assert len(editor) == 1
    sizes = {
        file.name: len(gzip.compress(file.read_bytes())) for file in (*assets, STATIC / "theme.js")
    }
    assert sum(sizes[name] for name in named | editor) <= FIRST_LOAD
    spoken = {name for name in sizes if name.startswith("tr-")}
    assert len(spoken) == 1
    assert max(sizes[name] for name in spoken) <= LANGUAGE
    assert max(size for name, size in sizes.items() if name not in named | editor | spoken) <= VIEW


def test_the_widget_is_small_and_its_editor_apart() -> None:
    assert len((STATIC / "widget.js").read_bytes()) <= WIDGET
    assert "cm-content" not in (STATIC / "widget.js").read_text(encoding="utf-8")
    assert "cm-content" in (STATIC / "editor.js").read_text(encoding="utf-8")
