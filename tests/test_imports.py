"""Imports go one way: the layers that ARCHITECTURE.md tells of are those of the code.

The table there is the only list. A line is a room; a room imports only from lines above it.
Behind some names stands the order inside, from left to right; what shares a step does not import
each other.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import backlit

SOURCE = Path(backlit.__file__).parent
ARCHITECTURE = SOURCE.parent.parent / "ARCHITECTURE.md"
MAX_ROOMS = 22
MAX_LINES = 300
HEAVY = {
    "torch",
    "transformers",
    "keras",
    "keras_hub",
    "kagglehub",
    "sentencepiece",
    "jax",
    "tensorflow",
    "pandas",
    "pyarrow",
    "fastapi",
    "uvicorn",
    "scipy",
    "sklearn",
    "anywidget",
    "IPython",
}


def layers() -> dict[str, list[list[str]]]:
    """Rooms, the lowest first, each with its steps."""
    (block,) = re.findall(r"```layers\n(.*?)```", ARCHITECTURE.read_text(), re.DOTALL)
    rooms = {}
    for line in block.splitlines():
        room, _, order = line.strip().partition(" ")
        rooms[room] = [step.split() for step in order.split("<")] if order.strip() else []
    return rooms


LAYERS = layers()
ROOMS = [room for room in LAYERS if "/" not in room]


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


KNOWN = {dotted(path) for path in modules()}


def imported(path: Path) -> Iterator[str]:
    """Modules of ours that a file imports, anywhere in it, as dotted names below backlit."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("backlit."):
                parts = name.removeprefix("backlit.").split(".")
                while parts and ".".join(parts) not in KNOWN:
                    parts.pop()  # a class or function
                yield ".".join(parts) or "__init__"


def step_of(package: str, name: str) -> int | None:
    """On which step a module or package stands inside `package`; the last if it is its face."""
    steps = LAYERS[package]
    for number, step in enumerate(steps):
        if name in step:
            return number
    return len(steps) if name == "__init__" else None


@pytest.mark.parametrize("path", modules(), ids=lambda path: dotted(path))
def test_imports_go_one_way(path: Path) -> None:
    own = dotted(path).split(".")
    for name in imported(path):
        other = name.split(".")
        if own[0] != other[0]:
            assert ROOMS.index(own[0]) > ROOMS.index(other[0]), f"{own[0]} may not import {name}"
            continue
        depth = 0  # of the packages that both are in
        while depth + 1 < min(len(own), len(other)) and own[depth + 1] == other[depth + 1]:
            depth += 1
        package = "/".join(own[: depth + 1])
        if not LAYERS.get(package):
            continue  # small enough to need no order
        here, there = (
            step_of(package, (parts[depth + 1 : depth + 2] or ["__init__"])[0])
            for parts in (own, other)
        )
        assert here is not None, f"{package} does not tell of {'.'.join(own)}"
        assert there is not None, f"{package} does not tell of {name}"
        assert here > there, f"{'.'.join(own)} may not import {name}"


def test_every_room_is_told_of_and_they_are_few() -> None:
    tops = {dotted(path).split(".")[0] or "__init__" for path in modules()}
    assert tops == set(ROOMS)
    assert len(tops) <= MAX_ROOMS


def test_the_order_inside_names_what_is_there() -> None:
    for package, steps in LAYERS.items():
        folder = SOURCE / package
        there = {p.stem for p in folder.glob("*.py")} | {
            p.parent.name for p in folder.glob("*/__init__.py")
        }
        names = [name for step in steps for name in step]
        assert len(names) == len(set(names))
        if steps:
            assert set(names) | {"__init__"} == there | {"__init__"}, package


def test_packages_of_more_than_a_few_modules_have_an_order() -> None:
    for folder in {path.parent for path in modules()} - {SOURCE}:
        package = str(folder.relative_to(SOURCE))
        if len(list(folder.glob("*.py"))) > 5:
            assert LAYERS.get(package), f"{package} needs an order inside"


def test_the_public_names_are_few_and_there() -> None:
    assert len(backlit.__all__) <= 22
    assert all(hasattr(backlit, name) for name in backlit.__all__)
    assert dir(backlit) == sorted(backlit.__all__)


def test_import_brings_nothing_heavy() -> None:
    code = f"import backlit, backlit.cli, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_models_of_other_kinds_bring_no_keras() -> None:
    code = (
        "import sys, backlit; from backlit.cli.lists import models\n"
        "backlit.load_model('toy'); models()\n"
        "from backlit.notebook.arguments import read_models\n"
        "read_models(['toy', 'keras:gemma3'], None, None)\n"
        "print('found', sorted({'keras', 'keras_hub', 'kagglehub', 'jax'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "found []"


def test_modules_fit_in_a_readers_head() -> None:
    for path in modules():
        lines = len(path.read_text().splitlines())
        assert lines <= MAX_LINES, f"{dotted(path)} has {lines} lines; is there a seam?"
