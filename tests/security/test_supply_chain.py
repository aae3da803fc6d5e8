"""Nothing that is read can run, and what is fetched is what was meant."""

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from backlit.sources.built_in import BUILT_IN

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
RUNNING = {"eval", "exec", "compile", "__import__"}
LOADING = {("torch", "load"), ("torch", "jit"), ("np", "load"), ("numpy", "load"), ("os", "system")}


def offences(tree: ast.AST) -> Iterator[str]:
    """Names of what unpickles, or runs text."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.split(".")[0] in UNPICKLING)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in UNPICKLING:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in RUNNING:
                yield name
            case ast.Attribute(value=ast.Name(id=package), attr=name) if (package, name) in LOADING:
                yield f"{package}.{name}"
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield "shell=True"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_unpickles_or_runs_text(path: Path) -> None:
    assert list(offences(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_what_would_is_found() -> None:
    code = "import pickle\nfrom dill import load\ntorch.load(f)\neval(x)\nrun(x, shell=True)"
    assert list(offences(ast.parse(code))) == [
        *("pickle", "dill", "eval", "torch.load", "shell=True"),
    ]


def test_built_in_models_are_pinned_by_hash() -> None:
    fetched = [model for model in BUILT_IN.values() if model.wheels]
    assert fetched
    for model in fetched:
        for wheel in model.wheels:
            assert len(wheel.sha256) == 64


def test_the_front_end_is_built_from_pinned_packages() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, one in packages.items() if not one.get("integrity")] == []


def test_development_runs_on_pinned_packages() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if "==" not in line] == []
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    named = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    for line in wanted:
        name = line.split(";")[0].split(">")[0].split("<")[0].split("[")[0].strip().lower()
        assert name.replace("_", "-") in named, line
