"""The result and its file: nothing lost, earlier files read, damage told."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import backlit
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError, DiskError, MissingPackageError, UnknownNameError
from backlit.explanation import Explanation, load_explanation
from backlit.explanation.generation import FINISH
from backlit.explanation.schema import SCHEMA_VERSION
from backlit.model import Model
from backlit.types import FinishReason
from tests.support.bounding import BoundingEngine

SAVED = sorted((Path(__file__).parent / "saved").glob("*.json"))
PROMPT = "The cat likes warm milk. The bird likes ripe berries. The dog likes"


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    model = Model(ToyEngine())
    methods = ["occlusion", "grad_l2"]
    explanation = model.explain(PROMPT, response=" cold water", method=methods, granularity="word")
    return model.check(explanation)


def test_a_chat_survives_its_file(tmp_path: Path) -> None:
    prompt = (backlit.Message("user", "What does the dog like? 🚀"),)
    explanation = Model(ToyEngine()).explain(prompt, response=" cold water", method="grad_x_input")
    explanation.save(tmp_path / "why.json")
    again = backlit.load_explanation(tmp_path / "why.json")
    assert again == explanation
    assert again[0].scores.tolist() == explanation[0].scores.tolist()


def test_a_file_has_all_of_it(explanation: Explanation, tmp_path: Path) -> None:
    path = tmp_path / "why.json"
    explanation.save(path)
    assert load_explanation(path) == explanation
    assert json.loads(path.read_text())["schema_version"] == SCHEMA_VERSION
    assert [file.name for file in tmp_path.iterdir()] == ["why.json"]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_files_of_the_version_before_still_load(path: Path) -> None:
    old = json.loads(path.read_text())
    assert old["schema_version"] == 2
    explanation = load_explanation(path)
    assert explanation.schema_version == SCHEMA_VERSION
    assert [one.method for one in explanation] == [one["method"] for one in old["attributions"]]
    for one, was in zip(explanation, old["attributions"], strict=True):
        assert one.scores.tolist() == [segment["score"] for segment in was["segments"]]
    checks = {check["attribution"]: check for check in old["faithfulness"]}
    for index, one in enumerate(explanation):
        if index in checks:
            assert one.faithfulness is not None
            assert one.faithfulness.sentence == checks[index]["sentence"]
            assert list(one.faithfulness.map_order.deletion) == checks[index]["map"]["deletion"]
            assert len(one.faithfulness.random_orders) == len(checks[index]["random"])
        else:
            assert one.faithfulness is None
    assert Explanation.from_json(explanation.to_json()) == explanation


def test_there_are_files_with_checks_foils_patterns_and_levels() -> None:
    everything = [load_explanation(path) for path in SAVED]
    maps = [one for explanation in everything for one in explanation]
    assert any(one.faithfulness for one in maps)
    assert any(one.target.foil for one in maps)
    assert any(one.pattern for one in maps)
    assert any(one.coarse_to_fine for one in maps)
    assert any(not isinstance(explanation.generation.prompt, str) for explanation in everything)


@pytest.mark.parametrize(
    ("version", "what"), [(1, "Make the explanation again"), (99, "Upgrade Backlit")]
)
def test_other_versions_end_in_a_sentence(version: int, what: str) -> None:
    with pytest.raises(DataError, match=what):
        Explanation.from_json(json.dumps({"schema_version": version}))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "[1]",
        "not json",
        '{"generation": 1}',
        '{"schema_version": 2}',
        '{"schema_version": "x"}',
        b"\xff",
    ],
)
def test_what_is_no_explanation_is_told(data: str | bytes) -> None:
    with pytest.raises(DataError, match="not an explanation"):
        Explanation.from_json(data)


def test_a_check_without_its_map_is_told() -> None:
    old = json.loads(SAVED[1].read_text())
    old["attributions"] = old["attributions"][:1]
    with pytest.raises(DataError, match="does not fit its maps"):
        Explanation.from_json(json.dumps(old))


def test_where_it_can_not_be_written(explanation: Explanation, tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="could not be written"):
        explanation.save(tmp_path / "no" / "why.json")
    with pytest.raises(DataError, match="could not be read"):
        load_explanation(tmp_path / "none.json")


def test_it_is_a_sequence_of_its_maps(explanation: Explanation) -> None:
    assert len(explanation) == 2
    assert explanation[0] is explanation.attributions[0]
    assert explanation[-1].method == "grad_l2"
    assert list(explanation) == list(explanation.attributions)
    without = replace(explanation, attributions=())
    assert len(without) == 0
    assert without  # an answer is there


def test_the_first_segments(explanation: Explanation) -> None:
    first = explanation[0].top(3)
    sizes = [abs(segment.score) for segment in first]
    assert len(first) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == abs(explanation[0].scores).max()


def test_as_a_table(explanation: Explanation) -> None:
    frame = explanation[0].to_frame()
    assert list(frame.columns) == [
        "start",
        "stop",
        "text",
        "role",
        "score",
        "standard_error",
        "level",
        "interval",
        "bound",
    ]
    assert frame["score"].tolist() == explanation[0].scores.tolist()


def test_a_table_without_pandas(explanation: Explanation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingPackageError, match="pandas"):
        explanation[0].to_frame()


def test_reprs_are_one_line(explanation: Explanation) -> None:
    model = backlit.load_model("toy")
    for value in (
        explanation,
        explanation[0],
        explanation[0].faithfulness,
        explanation.generation,
        explanation[0].top(1)[0],
        model,
        backlit.Message("user", "line\n" * 99),
        backlit.Target(1, 2),
        backlit.GenerationOptions(),
        backlit.load_dataset("sample_prompts"),
        backlit.load_dataset("sample_prompts").examples[0],
    ):
        text = repr(value)
        assert "\n" not in text
        assert 10 < len(text) < 300, text


def test_printed_it_shows_its_maps(explanation: Explanation) -> None:
    text = str(explanation)
    assert "The dog likes cold water" in text
    assert text.count("occlusion by word") == 1
    assert text.count("grad_l2 by word") == 1
    assert explanation[0].faithfulness is not None
    words = " ".join(text.split())
    assert explanation[0].faithfulness.sentence in words
    assert str(replace(explanation, attributions=())) == str(explanation.generation)


def test_every_finish_has_words() -> None:
    assert set(FINISH) == set(get_args(FinishReason))


def test_a_map_by_its_method(explanation: Explanation) -> None:
    assert explanation["grad_l2"] is explanation[1]
    with pytest.raises(UnknownNameError, match="It has occlusion, grad_l2"):
        explanation["lime"]
    assert explanation[0].top(-1) == []


def test_results_are_values(explanation: Explanation) -> None:
    again = Explanation.from_json(explanation.to_json())
    assert hash(again) == hash(explanation)
    assert pickle.loads(pickle.dumps(explanation)) == explanation


def test_a_failed_save_leaves_nothing(explanation: Explanation, tmp_path: Path) -> None:
    for path in ("", tmp_path):
        with pytest.raises(DiskError, match="it is a folder"):
            explanation.save(path)
    assert list(tmp_path.iterdir()) == []


def test_bounds_go_into_files_and_tables_and_come_back(tmp_path: Path) -> None:
    model = Model(BoundingEngine(top=3))
    explanation = model.explain(PROMPT, response=" cold water", granularity="word")
    explanation = model.prove(explanation, top=1)
    explanation.save(tmp_path / "why.json")
    again = load_explanation(tmp_path / "why.json")
    assert again == explanation
    assert [one.bound for one in again[0].segments][-2:] == [None, "at_least"]
    assert [proof.bound for proof in again[0].proofs] == ["at_least"]
    assert again[0].to_frame()["bound"].tolist()[-1] == "at_least"
    explanation.save(tmp_path / "why.csv")
    assert '"at_least"' in (tmp_path / "why.csv").read_text()
    assert "≥ +1.2" in str(explanation)
    old = json.loads((tmp_path / "why.json").read_text())
    for segment in old["attributions"][0]["segments"]:
        del segment["bound"]
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert all(one.bound is None for one in load_explanation(tmp_path / "old.json")[0].segments)
