"""One row: its answer, its maps, and the lines that their segments are of."""

import pytest

from backlit.batch.job import Job, NamedMethod, Selection
from backlit.batch.row import answered, explained, lines_of_maps
from backlit.batch.task import Task, tasks_of
from backlit.data.base import Example
from backlit.engines.toy import ToyEngine
from backlit.errors import DataError
from backlit.explanation import Explanation
from backlit.explanation.cell import Variant
from backlit.model import Model
from backlit.types import GenerationOptions, Message

PROMPT = "The cat likes warm milk.\n\nQuestion: what does the cat like?\nAnswer:"
OCCLUSION = (NamedMethod("occlusion"),)
SHORT = GenerationOptions(8)


@pytest.fixture
def model(toy: ToyEngine) -> Model:
    return Model(toy)


def run(model: Model, one: Task, job: Job) -> Explanation:
    return explained(model, answered(model, one, job), job)


def task(example: Example, *variants: Variant) -> Task:
    return next(tasks_of([example], variants))


def test_a_row_is_explained_as_explain_does_it(model: Model) -> None:
    job = Job(methods=OCCLUSION, select=Selection(words="milk"), options=SHORT)
    found = run(model, task(Example("a", PROMPT)), job)
    alone = model.explain(PROMPT, target="milk", method="occlusion", options=SHORT, progress=False)
    assert found.generation == alone.generation
    assert found.attributions == alone.attributions
    assert "seconds" not in found.metadata  # it would never be the same again


def test_a_map_for_each_method_and_granularity(model: Model) -> None:
    job = Job(
        methods=(*OCCLUSION, NamedMethod("grad_l2")),
        granularities=("line", "word", "custom"),
        pattern=",",
        options=SHORT,
    )
    found = run(model, task(Example("a", PROMPT)), job)
    assert [(one.method, one.granularity) for one in found] == [
        (method, granularity)
        for granularity in ("line", "word", "custom")
        for method in ("occlusion", "grad_l2")
    ]


def test_without_a_method_it_is_the_models_first(model: Model) -> None:
    found = run(model, task(Example("a", PROMPT)), Job(options=SHORT))
    assert [one.method for one in found] == ["gate_relevance"]


def test_the_answer_may_be_the_rows_own(model: Model) -> None:
    job = Job(answer="target", methods=OCCLUSION)
    found = run(model, task(Example("a", PROMPT, " ripe berries.")), job)
    assert found.generation.response == " ripe berries."
    with pytest.raises(DataError, match="a has no target"):
        run(model, task(Example("a", PROMPT)), job)


def test_an_answer_without_the_part_has_no_map(model: Model) -> None:
    job = Job(methods=OCCLUSION, select=Selection(words="soup"), options=SHORT)
    a = task(Example("a", PROMPT))
    found = run(model, a, job)
    assert found.attributions == ()
    assert found.generation.response
    assert lines_of_maps(found, a, job) == []


def test_a_row_that_fills_no_template_fails(model: Model) -> None:
    with pytest.raises(DataError, match="nothing for the variable"):
        run(model, task(Example("a", ""), Variant("v", "{dish}")), Job())


def test_an_empty_answer_has_no_map(model: Model) -> None:
    found = run(model, task(Example("a", "Two and two make four.\n")), Job(options=SHORT))
    assert found.generation.response == ""
    assert found.attributions == ()


def test_maps_are_checked_where_there_is_enough_to_check(model: Model) -> None:
    job = Job(methods=OCCLUSION, granularities=("word", "paragraph"), check=True, options=SHORT)
    by_word, by_paragraph = run(model, task(Example("a", "The cat likes warm milk. So")), job)
    assert by_word.faithfulness is not None
    assert by_paragraph.faithfulness is None  # a single one
    assert by_paragraph.notes[-1].startswith("Not checked: ")


def test_the_first_part_is_taken_away(model: Model) -> None:
    job = Job(methods=OCCLUSION, without_top=True, options=SHORT)
    (one,) = run(model, task(Example("a", PROMPT)), job)
    (proof,) = one.proofs
    assert proof.spans == ((one.top(1)[0].start, one.top(1)[0].stop),)
    (alone,) = run(model, task(Example("a", "The cat")), job)
    assert alone.proofs == ()  # nothing would be left to read
    assert alone.notes[-1].startswith("The first part was not taken away: ")


def test_lines_are_those_of_the_template(model: Model) -> None:
    variant = Variant("v", "Names:\n{names}\n\nSo {who} likes")
    row = Example("a", "", fields={"names": "cat\ndog", "who": "it"})
    job = Job(variants=(variant,), methods=OCCLUSION, options=SHORT)
    one = task(row, variant)
    found = run(model, one, job)
    (lines,) = lines_of_maps(found, one, job)
    assert [line and line.number for line in lines] == [1, 2, 2, 4]
    assert [segment.text for segment in found[0].segments][1:3] == ["cat\n", "dog\n\n"]


def test_without_a_template_they_are_the_prompts_own(model: Model) -> None:
    prompt = "Use {braces} and {prompt}.\n\nThe cat likes"
    job = Job(methods=OCCLUSION, granularities=("word",), options=SHORT)
    one = task(Example("a", prompt))
    found = run(model, one, job)
    (lines,) = lines_of_maps(found, one, job)
    by_text = {
        s.text.strip(): line and line.number
        for s, line in zip(found[0].segments, lines, strict=True)
    }
    assert by_text["Use"] == 1
    assert by_text["likes"] == 3


def test_of_a_chat_messages_are_told_and_the_templates_marks_are_of_no_line(model: Model) -> None:
    chat = (Message("system", "Be kind."), Message("user", "The cat likes\nwhat?"))
    job = Job(methods=OCCLUSION, options=SHORT)
    one = task(Example("a", chat))
    found = run(model, one, job)
    (lines,) = lines_of_maps(found, one, job)
    named = [line and (line.message, line.number) for line in lines]
    assert [one for one in named if one] == [(1, 1), (2, 1), (2, 2)]
    roles = {s.role for s, line in zip(found[0].segments, lines, strict=True) if line is None}
    assert roles == {"template"}


def test_what_the_answer_has_before_the_target_is_of_no_line(model: Model) -> None:
    job = Job(methods=OCCLUSION, select=Selection(words="milk"), options=SHORT)
    one = task(Example("a", PROMPT))
    found = run(model, one, job)
    (lines,) = lines_of_maps(found, one, job)
    assert found[0].segments[-1].role == "response"
    assert lines[-1] is None
