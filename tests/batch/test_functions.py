"""`explain_dataset`, with what people give it."""

from pathlib import Path
from typing import Any

import pytest

import backlit
from backlit.batch import explain_dataset
from backlit.batch.functions import Here, dataset_of, job_from, runner_for
from backlit.batch.job import NamedMethod
from backlit.batch.processes import Processes
from backlit.errors import Cancelled, DataError, InputError, OptionsError
from backlit.explanation.cell import Variant
from backlit.methods.occlusion import Occlusion
from backlit.types import GenerationOptions
from tests.batch.conftest import rows_of

SHORT = {"max_new_tokens": 3}


def test_it_is_public(tmp_path: Path) -> None:
    batch = backlit.explain_dataset(
        "toy", rows_of(2), tmp_path / "runs", method="occlusion", options=SHORT, progress=False
    )
    assert batch[0][0].method == "occlusion"
    assert backlit.load_batch(tmp_path / "runs").runs.equals(batch.runs)


def test_datasets_in_any_form(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "prompt": "The cat"}\n')
    known = dataset_of(str(tmp_path / "rows.jsonl"), prompts=True)
    assert [one.id for one in known.examples] == ["a"]
    assert dataset_of(known, prompts=True) is known
    rows = dataset_of(
        [{"dish": "soup", "source": "menu"}, {"id": "b", "dish": "tea"}], prompts=False
    )
    assert [(one.id, one.source) for one in rows.examples] == [("data-1", "menu"), ("b", None)]
    with pytest.raises(DataError, match="row 1: it has no `prompt`"):
        dataset_of([{"dish": "soup"}], prompts=True)
    with pytest.raises(DataError, match="its id `b` is already that of row 1"):
        dataset_of([{"id": "b", "prompt": "x"}, {"id": "b", "prompt": "y"}], prompts=True)


def test_paths_are_read_as_their_names_are(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "prompt": "The cat"}\n')
    assert dataset_of(tmp_path / "rows.jsonl", prompts=True).name == "rows"


def test_who_runs_what(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_from(method="occlusion")
    assert isinstance(runner_for("toy", job, {}), Here)
    assert isinstance(runner_for("toy", job, {}, apart=True), Processes)
    assert isinstance(runner_for("toy", job, {}, 2), Processes)
    server = "endpoint:http://127.0.0.1:9/v1"
    assert isinstance(runner_for(server, job, {}, apart=True), Here)
    monkeypatch.setattr("backlit.batch.functions.devices_of", lambda *_: ["cuda:0", "cuda:1"])
    assert isinstance(runner_for("toy", job, {}), Processes)
    assert isinstance(runner_for(server, job, {}), Here)


def test_bad_rows_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        explain_dataset("toy", [{"prompt": "x"}, {}], tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_jobs_from_what_people_give() -> None:
    job = job_from(
        variants={"v": "{x}"},
        method="lime",
        params={"n_samples": 99},
        granularity=["word", "line"],
        target_pattern="a.*",
        options={"max_new_tokens": 5},
        check=True,
    )
    assert job.variants == (Variant("v", "{x}"),)
    assert job.methods[0].name == "lime"
    assert job.methods[0].params["n_samples"] == 99
    assert job.granularities == ("word", "line")
    assert job.options == GenerationOptions(5)
    assert job.select.pattern == "a.*"
    assert job.check


def test_methods_in_any_form() -> None:
    plain = (NamedMethod("occlusion", {"replacement": ""}),)
    for method in ("occlusion", Occlusion(), ["occlusion"], [Occlusion()]):
        assert job_from(method=method).methods == plain
    assert job_from().methods == ()
    assert [one.name for one in job_from(method=["occlusion", "grad_l2"]).methods] == [
        "occlusion",
        "grad_l2",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "magic"}, "no method 'magic'"),
        ({"method": "occlusion", "params": {"x": 1}}, "no parameter 'x'"),
        ({"method": ["lime", "occlusion"], "params": {"n_samples": 9}}, "whose n_samples is meant"),
        ({"params": {"n_samples": 9}}, "whose n_samples is meant"),
        ({"granularity": "verse"}, "no granularity 'verse'"),
        ({"options": {"heat": 1}}, "no generation option 'heat'"),
        ({"target": "a", "last_line": True}, "Several parts"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_done(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        job_from(**fields)


def test_it_can_be_followed_and_stopped(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []

    def follow(phase: str, done: int, total: int | None, scores: object) -> None:
        if phase == "explain" and total == 20:
            told.append((phase, done, total))
            if done >= 8:
                raise Cancelled

    def run(progress: Any) -> Any:
        return explain_dataset(
            "toy", rows_of(20), tmp_path / "runs", method="occlusion", options=SHORT,
            progress=progress,
        )  # fmt: skip

    with pytest.raises(Cancelled):
        run(follow)
    assert told == [("explain", 0, 20), ("explain", 8, 20)]
    assert len(backlit.load_batch(tmp_path / "runs")) == 8
    assert len(run(False)) == 20


def test_an_output_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(OptionsError, match="is a file"):
        explain_dataset("toy", rows_of(1), tmp_path / "runs")
