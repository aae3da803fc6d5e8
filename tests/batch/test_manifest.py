"""What a folder is of, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from backlit.batch.folder import Folder
from backlit.batch.job import Job, NamedMethod, Selection
from backlit.batch.manifest import (
    check_job,
    check_model,
    job_of,
    read_manifest,
    write_manifest,
)
from backlit.errors import DataError, OptionsError
from backlit.explanation.cell import Variant
from backlit.types import GenerationOptions, Message

JOB = Job(
    variants=(Variant("a", (Message("user", "{x}"),), "b"),),
    methods=(NamedMethod("lime", {"samples": 64}),),
    select=Selection(pattern="Re.*"),
    options=GenerationOptions(9, stop=("\n",)),
)
MODEL = {"source": "toy", "dtype": "float64", "device": "cpu", "torch": "2"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path)
    write_manifest(found, JOB, MODEL, {"name": "rows", "address": "rows.jsonl"})
    return found


def test_a_job_comes_back(folder: Folder) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    assert job_of(manifest) == JOB
    assert manifest["data"] == {"name": "rows", "address": "rows.jsonl"}
    check_job(folder, manifest, JOB)
    check_model(folder, manifest, {**MODEL, "device": "cuda:1", "torch": "3"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"check": True}, "check was false there, and is true here"),
        ({"select": Selection(last_line=True)}, "select, pattern was Re.* there, and is none here"),
        ({"granularities": ("word", "line")}, "granularities was line there, and is word, line"),
        (
            {"options": GenerationOptions(9, 0.5, stop=("\n",))},
            "options, temperature was 0.0 there",
        ),
        (
            {"methods": (NamedMethod("occlusion"),)},
            r"methods was \[.*lime.* there, and is \[.*occl",
        ),
        ({"variants": ()}, "variants was .*there, and is none here"),
        (
            {"variants": (Variant("a", "other", "b"),)},
            r"variants, a, template was .*x.* there, and is other here",
        ),
        (
            {"variants": (*JOB.variants, Variant("more", "{x}"))},
            "variants, more was none there, and is ",
        ),
        (
            {"methods": (NamedMethod("lime", {"samples": 9}),)},
            "methods, lime, params, samples was 64 there, and is 9 here",
        ),
    ],
)
def test_another_job_is_refused_with_the_difference(
    folder: Folder, changed: dict[str, object], message: str
) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    with pytest.raises(OptionsError, match=message) as caught:
        check_job(folder, manifest, replace(JOB, **changed))  # type: ignore[arg-type]
    assert "another batch" in caught.value.message
    assert "Use another folder" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dtype", "dtype was float64 there, and is bfloat16 here"),
        ("weights", "weights was none there, and is bfloat16 here"),
    ],
)
def test_another_model_is_refused(folder: Folder, name: str, message: str) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    with pytest.raises(OptionsError, match=message):
        check_model(folder, manifest, {**MODEL, name: "bfloat16"})


def test_a_folder_that_is_not_there_or_empty_holds_nothing(tmp_path: Path) -> None:
    assert read_manifest(Folder(tmp_path / "new")) is None
    assert read_manifest(Folder(tmp_path)) is None
    (tmp_path / "parts").mkdir()  # of a job that was killed before its model was there
    (tmp_path / ".lock").touch()
    assert read_manifest(Folder(tmp_path)) is None


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(OptionsError, match="is not empty, and holds no batch"):
        read_manifest(Folder(tmp_path))
    with pytest.raises(OptionsError, match="is a file"):
        read_manifest(Folder(tmp_path / "thesis.tex"))


@pytest.mark.parametrize("text", ["{", "[]", "null", "{}", '{"format": 1}', '"a"'])
def test_a_damaged_manifest(folder: Folder, tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(DataError, match=r"job\.json is"):
        read_manifest(folder)


def test_a_manifest_of_another_version(folder: Folder, tmp_path: Path) -> None:
    known = json.loads((tmp_path / "job.json").read_text())
    (tmp_path / "job.json").write_text(json.dumps({**known, "format": 9}))
    with pytest.raises(DataError, match="is of format 9; this version reads 1"):
        read_manifest(folder)


def test_a_job_that_can_not_be_read(folder: Folder) -> None:
    manifest = read_manifest(folder)
    assert manifest is not None
    with pytest.raises(DataError, match="is damaged"):
        job_of({**manifest, "job": {"granularities": "line", "answer": 3}})
