"""A result as one HTML file that asks nothing of anybody: it opens from a disk, without a network.

The file holds its data, the page that shows it (`static/report.js` and `report.css`, built from
`frontend/src/report`), and what it found as plain text, for readers that run no scripts. Its
Content-Security-Policy names the hashes of that script and that style, and allows nothing else: no
other script, no address to load from, none to send to.
"""

import base64
import hashlib
import importlib.resources
from collections.abc import Sequence
from html import escape

from backlit.display.speech import spoken

POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; "
    "base-uri 'none'; form-action 'none'"
)


def document(title: str, data: str, plain: Sequence[str]) -> str:
    """The whole file.

    Args:
        title: of the browser's tab.
        data: JSON, as `frontend/src/report` reads it.
        plain: lines for who runs no scripts.
    """
    script, style = _static("report.js"), _static("report.css")
    policy = POLICY.format(script=digest(script), style=digest(style))
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in plain)
    return (
        "<!doctype html>\n"
        f'<html lang="{spoken()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n"
        f'<div id="report">\n{lines}</div>\n'
        f'<script type="application/json" id="data">{_inert(data)}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def _static(name: str) -> str:
    """A file of the built page, without the line end that an element's text would begin with."""
    file = importlib.resources.files("backlit") / "static" / name
    return file.read_text(encoding="utf-8").strip("\n")


def digest(text: str) -> str:
    """How a policy names a script or a style that it allows."""
    found = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(found).decode()}"


def _inert(data: str) -> str:
    """JSON in which no tag can begin or end, whatever its texts say."""
    return data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
