"""The docs say what is true: code runs, names exist, versions agree."""

import re
from pathlib import Path

import pytest
from ipywidgets import Widget

import backlit
from backlit.cli import app
from backlit.methods import methods
from backlit.segments import GRANULARITIES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(
        block,
        id=f"{page.name}-{number}",
        marks=[pytest.mark.model] if "smollm2" in block else [],
    )
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_the_docs_runs(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "docs", "exec"), {})
    Widget.close_all()


def test_commands_in_the_docs_exist() -> None:
    commands = {str(c.callback.__name__) for c in app.registered_commands if c.callback}
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"]:
        text = page.read_text()
        for name in re.findall(r"(?:^    |`)backlit ([a-z]+)", text, re.M):
            assert name in commands, f"{page.name}: backlit {name}"
        for target in re.findall(r"^    make ([a-z-]+)", text, re.M):
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(), f"{page.name}: make {target}"


def test_every_method_and_granularity_is_described() -> None:
    text = (ROOT / "docs" / "methods.md").read_text()
    for name, method in methods().items():
        assert f"`{name}`" in text
        for paper in re.findall(r"arXiv:([0-9.]+)", method.facts.reference):
            assert paper.rstrip(".") in text
    for granularity in GRANULARITIES:
        assert f"`{granularity}`" in text


def test_links_and_pictures_lead_somewhere() -> None:
    for page in [*PAGES, *ROOT.glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_dependency_earns_its_line() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[(.*?)\]", project, re.S | re.M)
    assert block is not None
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in re.findall(r'"([a-z0-9-]+)', block[1]):
        assert name in text, f"{name} has no line in ARCHITECTURE.md"


def test_the_changelog_knows_the_version() -> None:
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert first is not None
    assert first[1] == backlit.__version__
