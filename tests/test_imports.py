"""Imports go one way: a module imports only from lower layers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import backlit

ROOT = Path(backlit.__file__).parent
LAYERS = [
    ["types", "explanation", "display", "errors", "progress"],
    ["segments", "data"],
    ["sources", "engines", "methods"],
    ["explaining"],
    ["pipeline", "testing"],
    ["evaluation", "serving"],
    ["notebook"],
    ["cli", "__main__", "__init__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# Inside a layer, who may import whom.
ALLOWED = {
    ("types", "errors"),
    ("explanation", "errors"),
    ("explanation", "types"),
    # inside the methods that a notebook calls
    ("explanation", "display"),
    ("types", "display"),
    ("display", "types"),
    ("display", "explanation"),
    ("methods", "engines.base"),
    ("engines", "sources"),
    ("__main__", "cli"),
}
HEAVY = {
    "torch",
    "transformers",
    "keras",
    "keras_hub",
    "kagglehub",
    "sentencepiece",
    "jax",
    "tensorflow",
    "pyarrow",
    "fastapi",
    "uvicorn",
    "sklearn",
    "anywidget",
    "IPython",
}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> list[str]:
    """Modules of ours that a file imports, anywhere in it, as dotted names below backlit."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found += [f"{module}.{alias.name}" for alias in node.names]
    return [name.removeprefix("backlit.") for name in found if name.startswith("backlit.")]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    own = path.relative_to(ROOT).with_suffix("").parts[0]
    for name in imported(path):
        top = name.split(".")[0]
        if top not in LEVEL:  # a name that __init__ offers
            assert own == "__init__" or hasattr(backlit, top), f"{path} imports backlit.{name}"
            continue
        fine = (
            LEVEL[top] < LEVEL[own]
            or top == own
            or (own, top) in ALLOWED
            or (own, ".".join(name.split(".")[:2])) in ALLOWED
        )
        assert fine, f"{own} may not import {name}"


def test_every_module_has_its_layer() -> None:
    tops = {path.relative_to(ROOT).with_suffix("").parts[0] for path in modules()}
    assert tops == set(LEVEL)


def test_the_public_names_are_few_and_there() -> None:
    assert len(backlit.__all__) <= 15
    assert all(hasattr(backlit, name) for name in backlit.__all__)


def test_import_brings_nothing_heavy() -> None:
    code = f"import backlit, backlit.cli, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_models_of_other_kinds_bring_no_keras() -> None:
    code = (
        "import sys, backlit; from backlit.cli.lists import models\n"
        "backlit.load_model('toy'); models()\n"
        "from backlit.notebook.arguments import sources_of\n"
        "sources_of(['toy', 'keras:gemma3'], None, None)\n"
        "print('found', sorted({'keras', 'keras_hub', 'kagglehub', 'jax'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "found []"


def test_modules_fit_in_a_readers_head() -> None:
    for path in modules():
        lines = len(path.read_text().splitlines())
        assert lines <= 400, f"{path.name} has {lines} lines; is there a seam?"
