"""The steps of the codelab on Gemma in Keras, with only the import changed, in a kernel."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

# The codelab's calls in its order; a small model in place of one that takes an account.
CELLS = (
    """\
import backlit as lit_pdbnb

lit_widget = lit_pdbnb.make_notebook_widget(
    ["sample_prompts"],
    ["toy"],
    dl_framework="transformers",
    dl_runtime="torch",
    precision="float32",
    batch_size=1,
    max_examples=5,
)""",
    "lit_widget.render(open_in_new_tab=True)",
    """\
mistaken = {
    "source": "fewshot-mistake",
    "prompt": "Enjoys: figs\\nDislikes: beef\\nDish: Beef stew\\nAnalysis:",
    "target": " You dislike beef.",
}
lit_widget.render(data=[mistaken])""",
    """\
fixed = next(
    example
    for example in lit_widget.datasets["sample_prompts"].examples
    if example["source"] == "fewshot-fixed"
)
lit_widget.render(data=[fixed])""",
    """\
constitution = next(
    example
    for example in lit_widget.datasets["sample_prompts"].examples
    if example["source"] == "fewshot-constitution"
)
lit_widget.render(data=[constitution])""",
    """\
print(fixed["target"].splitlines()[-1], constitution["prompt"].splitlines()[0][:11], sep="|")
lit_widget.close()""",
)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What each cell put out; one that fails fails here."""
    folder: Path = tmp_path_factory.mktemp("codelab")
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.parametrize("cell", [1, 2, 3, 4])
def test_each_render_shows_the_page(outputs: list[list[Any]], cell: int) -> None:
    kinds = [kind for output in outputs[cell] for kind in output.get("data", {})]
    assert "application/vnd.jupyter.widget-view+json" in kinds


def test_examples_are_looked_up_by_source_after_others_were_shown(
    outputs: list[list[Any]],
) -> None:
    printed = "".join(output.get("text", "") for output in outputs[-1])
    assert printed.strip() == "Recommendation: Avoid.|Principle 1"
