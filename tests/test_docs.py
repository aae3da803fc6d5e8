"""The docs say what is true: code runs, commands parse, names exist, versions agree."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from ipywidgets import Widget
from transformers import AutoConfig, AutoModelForCausalLM
from typer.testing import CliRunner

import backlit
from backlit.cli import app
from backlit.methods import methods
from backlit.segments import GRANULARITIES
from tests.support import tiny

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
CLI: Any = typer.main.get_command(app)
IN_ONE = "coming-from.md"  # its blocks build on one another, and use a model in `./model`
FENCE = re.compile(r"```python( not-run)?\n(.*?)```", re.S)
COMMAND = re.compile(r"^ {4,}(backlit (?:.*\\\n)*.*)$", re.M)
OLD = [  # what nobody should be told any more
    r"\bselect=",
    r"--select\b",
    r"--target-file\b",
    r"\.attributions\[",
    r"\.faithfulness\[",
    r"\bfaithfulness\.attribution\b",
    r"\breport=",
    r"\bengines\.from_function",
    r"\bengines import from_function",
    r"\bengines\.sources",
    r"\bbacklit\.(seen|given|planted|kernel|answers|calls|loading|new_tab)\b",
    r"\bevaluation\.(planted|ranking)\b",
    r"\bLoadedModel\b",
    r"\b[Mm]end(s|ed|ing)?\b",
]


def blocks(page: Path, *, run: bool = True) -> list[str]:
    """The blocks of Python on a page that are run, or those that are only shown."""
    return [code for not_run, code in FENCE.findall(page.read_text()) if bool(not_run) != run]


def commands(text: str) -> list[list[str]]:
    """The command lines of Backlit that stand in text as code of their own, as arguments."""
    lines = [line.replace("\\\n", " ") for line in COMMAND.findall(text)]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def prose(page: Path) -> str:
    """A page's text; of a notebook, that of its cells of text."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def code_of(text: str) -> str:
    """What is marked as code, in lines or in blocks."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`|^ {4}.*$", text, re.S | re.M))


BLOCKS = [
    pytest.param(
        block,
        id=f"{page.name}-{number}",
        marks=[pytest.mark.model] if "smollm2" in block else [],
    )
    for page in PAGES
    if page.name != IN_ONE
    for number, block in enumerate(blocks(page))
]
COMMANDS = [
    pytest.param(arguments, id=f"{page.name}-{number}")
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *NOTEBOOKS]
    for number, arguments in enumerate(commands(prose(page)))
]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to run in; widgets are closed behind it."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    Widget.close_all()


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_the_docs_runs(block: str, alone: Path) -> None:
    exec(compile(block, "docs", "exec"), {})


def test_the_page_for_users_of_other_tools_runs_from_top_to_bottom(alone: Path) -> None:
    save_tiny_model(alone / "model")
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks(ROOT / "docs" / IN_ONE)):
        exec(compile(block, f"{IN_ONE}-{number}", "exec"), names)


def save_tiny_model(folder: Path) -> None:
    """A random model and its tokenizer, as `save_pretrained` writes them."""
    tokenizer = tiny.tokenizer("sentencepiece")
    torch.manual_seed(0)
    config = AutoConfig.for_model("llama", vocab_size=len(tokenizer), **tiny.SIZES)
    auto: Any = AutoModelForCausalLM
    model = auto.from_config(config)
    for weight in model.parameters():  # random initial weights make all tokens alike
        if weight.ndim > 1:
            weight.data.normal_(std=0.25)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def test_blocks_that_are_not_run_are_python_and_few() -> None:
    shown = {page.name: blocks(page, run=False) for page in PAGES}
    assert {name: len(code) for name, code in shown.items() if code} == {IN_ONE: 2}
    for block in shown[IN_ONE]:
        compile(block, IN_ONE, "exec")
    text = (ROOT / "docs" / IN_ONE).read_text()
    assert text.count("```python") == text.count("```python\n") + 2


@pytest.mark.parametrize("arguments", COMMANDS)
def test_command_lines_in_the_docs_parse(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # --keras-backend sets it: put back afterwards
    parse(arguments)


def parse(arguments: list[str]) -> None:
    """Raise typer's usage error if the command line can't be read."""
    name, *rest = arguments
    assert name in CLI.commands, f"There is no command {name}"
    CLI.commands[name].make_context(name, rest)


def test_command_lines_that_do_not_parse_are_found() -> None:
    ((name, *_), renamed) = commands("    backlit serve toy\n    backlit explain --select x\n")
    assert name == "serve"
    with pytest.raises(Exception, match="--target now"):
        parse(renamed)
    with pytest.raises(Exception, match="No such option"):
        parse(["explain", "--no-such-option"])


def test_commands_and_options_in_the_prose_exist() -> None:
    every = {option for name in CLI.commands for option in options(name)}
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]:
        text = present(page)
        for name, rest in re.findall(r"`backlit ([a-z]+)([^`]*)`", text):
            assert name in CLI.commands, f"{page.name}: backlit {name}"
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                assert option in options(name), f"{page.name}: backlit {name} {option}"
        for option in re.findall(r"`(--[a-z-]+)", text):
            assert option in every, f"{page.name}: {option}"
        for target in re.findall(r"^    make ([a-z-]+)", text, re.M):
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(), f"{page.name}: make {target}"


def options(command: str) -> set[str]:
    """The options that a command tells of."""
    shown = [p for p in CLI.commands[command].params if not getattr(p, "hidden", False)]
    return {option for param in shown for option in [*param.opts, *param.secondary_opts]}


@pytest.mark.model
def test_the_first_command_of_the_readme_explains_the_sample(alone: Path) -> None:
    """Its words stand once in the response, and the mistaken line is first."""
    prompt = backlit.load_dataset("sample_prompts").examples[0].prompt
    assert isinstance(prompt, str)
    (alone / "prompt.txt").write_text(prompt + "\n", encoding="utf-8")
    arguments = commands((ROOT / "README.md").read_text())[0]
    result = CliRunner().invoke(app, [*arguments, "--format", "json", "--output", "why.json"])
    assert result.exit_code == 0, result.output
    attribution = backlit.load_explanation("why.json")[0]
    assert attribution.method == "gate_relevance"
    (first,) = attribution.top(1)
    sequence = backlit.load_explanation("why.json").generation.sequence
    line = sequence.text[: sequence.tokens[first.start].start].count("\n")
    assert sequence.text.splitlines()[line - 1] == "The curry is full of chilies."


def test_every_public_name_is_in_the_docs() -> None:
    code = code_of("\n".join(page.read_text() for page in PAGES))
    for name in backlit.__all__:
        assert re.search(rf"\b{name}\b", code), f"the docs do not mention backlit.{name}"
    for name in re.findall(r"\bbacklit\.([A-Za-z_]+)", code):
        exists = name in backlit.__all__ or (ROOT / "src" / "backlit" / name).is_dir()
        assert exists or (ROOT / "src" / "backlit" / f"{name}.py").exists(), f"backlit.{name}"


@pytest.mark.parametrize(
    "page",
    [*PAGES, ROOT / "examples" / "README.md", ROOT / "CHANGELOG.md", *NOTEBOOKS],
    ids=lambda page: page.name,
)
def test_no_old_name_is_told(page: Path) -> None:
    text = present(page)
    for pattern in OLD:
        match = re.search(pattern, text)
        assert match is None, f"{page.name}: {text[match.start() - 40 : match.end() + 40]}"


def present(page: Path) -> str:
    """A page's text, without what the changelog says of former names."""
    return page.read_text(encoding="utf-8").partition("\n### Renamed before")[0]


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
        for link in re.findall(r"\]\((?!https?:)([^)]+)", page.read_text()):
            path, _, heading = link.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), f"{page.name}: {link}"
            assert not heading or heading in anchors(there), f"{page.name}: {link}"


def anchors(page: Path) -> set[str]:
    """What a page's headings are called in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


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
