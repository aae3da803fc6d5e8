"""What holds on average as one HTML file, which asks nothing of anybody: no script, no network."""

from collections.abc import Sequence
from html import escape

from backlit.batch.averages.plot import STYLE as PLOT_STYLE
from backlit.batch.averages.table import Table
from backlit.display.document import digest
from backlit.display.speech import spoken

POLICY = "default-src 'none'; style-src '{page}' '{plot}'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; --ink: #1f2430; --dim: #5c6470; --rule: #d9dce2; --ground: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ec; --dim: #a0a8b4; --rule: #343a44; --ground: #16181d; }
}
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 74rem; color: var(--ink);
  background: var(--ground); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 0.5rem; }
p { max-width: 46rem; margin: 0 0 0.6rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
.notes { color: var(--dim); font-size: 0.9rem; padding-left: 1.2rem; max-width: 46rem; }
.wide { overflow-x: auto; }
svg { display: block; min-width: 44rem; width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0;
  border-bottom: 1px solid var(--rule); white-space: nowrap; }
td:last-child { white-space: normal; min-width: 7rem; }
th { color: var(--dim); font-weight: 500; }
b { font-weight: 600; }
"""


def page(
    title: str, sentences: Sequence[str], plot: str, tables: Sequence[Table], notes: Sequence[str]
) -> str:
    """The whole file."""
    policy = POLICY.format(page=digest(STYLE), plot=digest(PLOT_STYLE))
    first, *others = sentences
    told = "".join(f"<p>{escape(one)}</p>\n" for one in others)
    shown = "".join(f'<div class="wide">{one.to_html()}</div>\n' for one in tables)
    said = "".join(f"<li>{escape(one)}</li>\n" for one in notes)
    return (
        "<!doctype html>\n"
        f'<html lang="{spoken()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(first)}</p>\n{told}'
        + (f'<div class="wide">{plot}</div>\n' if plot else "")
        + f'{shown}<ul class="notes">\n{said}</ul>\n</body>\n</html>\n'
    )
