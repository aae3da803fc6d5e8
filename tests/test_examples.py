"""The notebooks in `examples/` run from top to bottom, show maps and leave nothing behind."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from backlit.batch.variants_file import read_variants
from backlit.cli import app
from backlit.data import load_dataset
from backlit.explaining.templates import filled

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
GEMMA = "gemma_in_keras"
AVERAGES = EXAMPLES / "what_holds_on_average.ipynb"
SUBSET = {
    path: pytest.mark.gemma if path.stem == GEMMA else pytest.mark.model for path in NOTEBOOKS
}
IN_KERAS = [pytest.mark.gemma, pytest.mark.keras]
KERAS = find_spec("keras_hub") is not None
WIDGET = "application/vnd.jupyter.widget-view+json"
OF_A_MAP = "positive supports the target"

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def cells(notebook: Any, kind: str) -> Iterator[Any]:
    return (cell for cell in notebook.cells if cell.cell_type == kind)


def kernels() -> set[int]:
    """Processes of ours that run cells."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        try:
            if any("ipykernel" in part for part in process.cmdline()):
                found.add(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in; history and settings are elsewhere."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / "jupyter"))
    here = tmp_path / "here"
    here.mkdir()
    return here


@pytest.mark.parametrize(
    "path",
    [
        *(pytest.param(path, id=path.stem, marks=mark) for path, mark in SUBSET.items()),
        # once more where Keras is installed: there it takes another way
        pytest.param(EXAMPLES / f"{GEMMA}.ipynb", id=f"{GEMMA}, by Keras", marks=IN_KERAS),
    ],
)
def test_it_runs_and_shows_a_map(path: Path, alone: Path) -> None:
    notebook = read(path)
    before = kernels()
    resources = {"metadata": {"path": str(alone)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    assert kernels() == before
    written = "".join(
        o.text for cell in notebook.cells for o in cell.get("outputs", []) if "text" in o
    )
    assert path.stem != GEMMA or ("KerasHub is not installed" in written) != KERAS
    assert not list(alone.iterdir())
    outputs = [output for cell in cells(notebook, "code") for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = [output.data for output in outputs if "data" in output and WIDGET not in output.data]
    assert any(OF_A_MAP in data.get("text/html", "") for data in shown)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert OF_A_MAP in page


@every
def test_nothing_of_a_run_is_kept(path: Path) -> None:
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in cells(notebook, "code"):
        assert not cell.outputs, cell.id
        assert cell.execution_count is None, cell.id


@every
def test_it_is_a_valid_notebook_of_its_format(path: Path) -> None:
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    nbformat.validate(notebook)
    written = nbformat.writes(notebook)
    assert path.read_text(encoding="utf-8") == written + "\n"
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)


@every
def test_widgets_are_closed_at_the_end(path: Path) -> None:
    code = [cell.source for cell in cells(read(path), "code")]
    made = re.findall(r"^(\w+) = .*make_notebook_widget", "\n".join(code), re.M)
    assert all(f"{name}.close()" in code[-1] for name in made)


@every
def test_commands_and_links_exist(path: Path) -> None:
    commands = {str(c.callback.__name__) for c in app.registered_commands if c.callback}
    for cell in cells(read(path), "markdown"):
        for name in re.findall(r"(?:^ +|`)backlit ([a-z]+)", cell.source, re.M):
            assert name in commands
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", cell.source):
            assert (EXAMPLES / link).exists()


def test_the_menu_is_asked_about_as_the_samples_are() -> None:
    rows = load_dataset(str(EXAMPLES / "menu.jsonl"), prompts=False).examples
    assert len(rows) == 30
    samples = {one.id: one.prompt for one in load_dataset("sample_prompts").examples}
    variants = read_variants(EXAMPLES / "menu_variants.jsonl")
    assert {f"fewshot-{one.name}": filled(one.template, rows[0]) for one in variants} == {
        name: samples[name] for name in ("fewshot-mistake", "fewshot-fixed", "fewshot-constitution")
    }
    known = {tuple(map(str, (row.id, *row.fields.values()))) for row in rows}
    (code,) = (cell.source for cell in read(AVERAGES).cells if cell.id == "rows-made")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["rows"]
    assert {tuple(row.values()) for row in names["rows"]} <= known


def test_the_list_names_every_notebook() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+\.ipynb)\)", text)) == [path.name for path in NOTEBOOKS]
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (EXAMPLES / link).exists()
