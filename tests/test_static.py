"""What a browser has to load: little enough to be there at once."""

import gzip
import importlib.resources

STATIC = importlib.resources.files("backlit") / "static"
FIRST_LOAD = 250_000  # bytes, compressed; the editor is part of it
WIDGET = 500_000  # bytes, as they stand in a notebook


def test_the_page_and_its_editor_are_small() -> None:
    assets = [file for file in (STATIC / "assets").iterdir() if file.is_file()]
    assert {file.name.rsplit(".", 1)[1] for file in assets} == {"css", "js"}
    sizes = [len(gzip.compress(file.read_bytes())) for file in (*assets, STATIC / "theme.js")]
    assert sum(sizes) <= FIRST_LOAD


def test_the_widget_is_small_and_its_editor_apart() -> None:
    assert len((STATIC / "widget.js").read_bytes()) <= WIDGET
    assert "cm-content" not in (STATIC / "widget.js").read_text(encoding="utf-8")
    assert "cm-content" in (STATIC / "editor.js").read_text(encoding="utf-8")
