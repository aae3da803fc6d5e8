"""What is handed on: all that was found, and nothing that was left out."""

import json
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import pytest

from backlit.display.figure import one_line
from backlit.engines.toy import ToyEngine
from backlit.errors import InputError, OptionsError
from backlit.explanation import Comparison, Explanation
from backlit.explanation.report import NOBODY, Part, form_of
from backlit.model import Model
from backlit.types import GenerationOptions, Message

SECRET = "Zanzibar"
BEFORE = f"{SECRET} cats like warm milk. Birds like ripe berries. The dog likes"
AFTER = f"{SECRET} cats like cold milk. Birds like ripe berries. The dog likes"


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(ToyEngine())


@pytest.fixture(scope="module")
def explanation(model: Model) -> Explanation:
    made = model.explain(
        BEFORE, response=" cold water", method=["occlusion", "grad_l2"], granularity="word"
    )
    return model.check(model.prove(made))


@pytest.fixture(scope="module")
def comparison(model: Model, explanation: Explanation) -> Comparison:
    other = model.explain(AFTER, response=" cold milk", method="occlusion", granularity="word")
    return model.compare([explanation, other])


def test_it_has_all_that_was_found(explanation: Explanation) -> None:
    report = explanation.report(example="a row", note="Look at this.")
    (run,) = report.runs
    assert run.generation == explanation.generation
    assert run.attributions == explanation.attributions
    assert run.findings == (explanation.finding(0), explanation.finding(1))
    assert run.segmentations["word"][-1][1] == len(explanation.generation.sequence.tokens)
    assert (run.example, report.note, report.log_probs) == ("a row", "Look at this.", None)
    assert report.version == version("backlit")
    assert datetime.fromisoformat(report.made).tzinfo is not None
    assert report.title == "What led to “cold water”"


def test_several_are_told_with_their_matrix(comparison: Comparison) -> None:
    report = comparison.report(examples=["first", None])
    assert report.log_probs == comparison.log_probs
    assert list(report.sentences) == comparison.sentences
    assert [run.example for run in report.runs] == ["first", None]
    assert report.title == "2 runs compared: “cold water”"
    text = report.to_markdown()
    assert f"| prompt 1 | {comparison.log_probs[0][0]:.3f} |" in text
    assert comparison.sentences[0] in text.replace("\\", "")


def test_a_page_holds_its_data(explanation: Explanation) -> None:
    page = explanation.report(note="</script><b>bold</b>").to_html()
    data = page.partition('id="data">')[2].partition("</script>")[0]
    read = json.loads(data)
    assert read["note"] == "</script><b>bold</b>"
    assert read["runs"][0]["generation"]["sequence"]["text"] == BEFORE + " cold water"
    assert one_line(explanation.finding() or "") in page  # for who runs no scripts


@pytest.mark.parametrize("form", ["html", "md", "csv", "svg"])
def test_words_of_the_prompt_that_are_left_out_are_nowhere(
    explanation: Explanation, comparison: Comparison, form: str
) -> None:
    for result in (explanation, comparison):
        report = result.report(without=["prompt"])
        text = report.written(form)  # type: ignore[arg-type]
        for word in (SECRET, "berries", "Birds"):
            assert word not in text, form
    assert "water" in text or "cold" in text  # what the model wrote stays


def test_a_masked_prompt_keeps_its_lengths_and_scores(explanation: Explanation) -> None:
    (run,) = explanation.report(without=["prompt"]).runs
    sequence, masked = explanation.generation.sequence, run.generation.sequence
    assert len(masked.text) == len(sequence.text)
    assert [(t.start, t.stop) for t in masked.tokens] == [
        (t.start, t.stop) for t in sequence.tokens
    ]
    assert run.attributions[0].scores.tolist() == explanation[0].scores.tolist()
    assert {token.id for token in masked.tokens[: masked.prompt_length]} == {0}
    assert "█" in (run.findings[0] or "")


def test_a_comparison_without_words_does_not_tell_what_changed(comparison: Comparison) -> None:
    (sentence,) = comparison.report(without=["prompt"]).sentences
    assert sentence.startswith(
        "With another prompt, the model says “cold milk”; its old answer is "
    )
    assert "matters most" not in sentence


def test_a_model_that_is_left_out_has_no_name(
    model: Model, explanation: Explanation, comparison: Comparison
) -> None:
    report = explanation.report(without=["model"])
    assert report.runs[0].generation.model == NOBODY
    data = json.loads(report.to_json())
    assert data["runs"][0]["generation"]["model"] == NOBODY
    assert {token["id"] for token in data["runs"][0]["generation"]["sequence"]["tokens"]} == {0}
    assert f'"{model.name}"' not in report.to_json()
    assert report.runs[0].metadata == {}
    first, second = comparison.explanations
    other = replace(second, generation=replace(second.generation, model="Maker/Secret-7B"))
    two = Comparison((first, other), comparison.log_probs).report(without=["model"])
    assert [run.generation.model for run in two.runs] == ["model 1", "model 2"]
    assert "Secret" not in two.to_json()
    assert "model 2 says" in two.sentences[0]


def test_settings_and_the_check_can_be_left_out(explanation: Explanation) -> None:
    assert explanation[0].faithfulness is not None
    (run,) = explanation.report(example="a row", without=["settings", "check"]).runs
    assert run.generation.options is None
    assert run.example is None
    assert all(one.faithfulness is None for one in run.attributions)
    assert "random orders" not in explanation.report(without=["check"]).to_json()


def test_what_is_left_out_is_told(explanation: Explanation) -> None:
    parts = get_args(Part)
    report = explanation.report(without=[*reversed(parts), *parts])
    assert report.without == parts
    assert "Left out: the words of the prompt, the model" in report.to_markdown()


@pytest.mark.parametrize("without", ["prompts", ["prompt", "notes"]])
def test_a_slip_of_the_pen_leaves_nothing_in(explanation: Explanation, without: Any) -> None:
    with pytest.raises(OptionsError, match="no part"):
        explanation.report(without=without)
    with pytest.raises(OptionsError, match="no form"):
        explanation.report().written("pdf")  # type: ignore[arg-type]


def test_one_part_may_be_named_by_itself(explanation: Explanation) -> None:
    report = explanation.report(without="prompt")  # type: ignore[arg-type]
    assert report.without == ("prompt",)
    assert SECRET not in report.to_json()


def test_examples_are_of_runs(comparison: Comparison) -> None:
    with pytest.raises(InputError, match="more examples"):
        comparison.report(examples=["a", "b", "c"])


def test_stop_strings_go_with_the_prompt(model: Model) -> None:
    made = model.explain(
        BEFORE,
        method="occlusion",
        options=GenerationOptions(max_new_tokens=4, stop=(SECRET,)),
    )
    assert SECRET in made.report().to_json()
    assert SECRET not in made.report(example=SECRET, without=["prompt"]).to_json()


@pytest.mark.parametrize("role", ["user", "system"])
def test_chats_are_left_out_whatever_their_roles(model: Model, role: str) -> None:
    chat = (Message(role, f"{SECRET} cats"), Message("user", "and berries?"))
    made = model.explain(chat, response=" cold water", method="occlusion", granularity="word")
    assert SECRET in made.report().to_json()
    text = made.report(without=["prompt"]).to_json()
    assert SECRET not in text
    assert "berries" not in text
    assert "cold water" in text


def test_its_finding_is_about_what_was_looked_at(model: Model) -> None:
    made = model.explain(
        BEFORE,
        response=" cold water. The dog",
        target="dog",
        method="occlusion",
        granularity="word",
    )
    proved = model.prove(made, scope="prompt")
    (run,) = proved.report(scope="prompt").runs
    assert run.findings == (proved.finding(scope="prompt"),)
    assert (run.findings[0] or "").startswith("Of the prompt, ")
    assert (run.findings[0] or "") in proved.report(scope="prompt").to_markdown().replace("\\", "")


def test_there_is_no_table_without_a_map(model: Model) -> None:
    answer = Explanation(model.generate(BEFORE), ())
    assert answer.report().title == "An answer: “warm milk.”"
    assert "<!doctype html>" in answer.report().to_html()
    with pytest.raises(InputError, match="no map"):
        answer.report().written("csv")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("why.html", "<!doctype html>"),
        ("why.HTM", "<!doctype html>"),
        ("why.md", "## What led to"),
        ("why.csv", '"model","map",'),
        ("why.svg", "<svg "),
        ("why.json", "{"),
        ("why", "{"),
    ],
)
def test_a_file_is_in_the_form_of_its_name(
    explanation: Explanation, comparison: Comparison, tmp_path: Path, name: str, begins: str
) -> None:
    explanation.save(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    comparison.save(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins[:3])


def test_other_names_have_no_form() -> None:
    assert form_of("a.txt") is None
    assert form_of(Path("html")) is None
