"""Grids: a cell says what its prompt alone would, and nothing is computed twice."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from backlit import Model, load_model
from backlit.data.base import Example, ExampleList
from backlit.engines.toy import ToyEngine
from backlit.errors import CapabilityError, DataError, OptionsError, PromptError
from backlit.explaining.grids import as_examples, as_variants
from backlit.explaining.templates import filled
from backlit.explaining.variants import with_principles
from backlit.explanation import Cell, Variant
from backlit.types import Message
from tests.support import tiny
from tests.support.bounding import BoundingEngine

TEMPLATE = "I like sweet soup.\n{what}\n\nQuestion: what does the {who} like? Answer:"
ROWS = [
    {"who": "cat", "what": "The cat likes warm milk."},
    {"who": "dog", "what": "The dog likes cold water."},
    {"who": "bird", "what": "I dislike soup.\nYou like bread."},
]
VARIANTS = [
    Variant("as it is", TEMPLATE),
    *with_principles(TEMPLATE, ["The cat likes warm milk.", "Avoid."]),
]
OPTIONS = {"max_new_tokens": 8}


@pytest.fixture(params=["toy", "llama"])
def model(request: pytest.FixtureRequest) -> Model:
    """On an engine that runs one prompt after the other, and on one that runs them together."""
    return Model(ToyEngine()) if request.param == "toy" else Model(tiny.engine())


def test_a_cell_is_what_its_prompt_alone_says(model: Model) -> None:
    options = {**OPTIONS, "temperature": 1.0, "seed": 3}  # the tiny model would end at once
    grid = model.grid(VARIANTS, ROWS, options=options)
    assert grid.rows == ("row 1", "row 2", "row 3")
    assert any(cell.effects for cell in grid.cells)
    for cell in grid.cells:
        example = as_examples(ROWS)[cell.row]
        assert cell.prompt == filled(VARIANTS[cell.variant].template, example)
        alone = model.generate(cell.prompt, options=options)
        (sample,) = cell.samples
        assert sample.response == alone.response
        assert sample.finish_reason == alone.finish_reason
        if not sample.ids:
            assert cell.effects == ()
            continue
        whole = model.explain(cell.prompt, response=sample.ids, method="occlusion")[0]
        assert sample.log_prob == pytest.approx(whole.target_log_prob, abs=1e-3)
        scores = [one.score for one in whole.segments if one.text.strip()]
        if cell.row < 2:  # of the third, a value has two lines, which go together
            np.testing.assert_allclose(np.array(cell.effects, float), scores, atol=1e-3)
        else:
            assert len(cell.effects) == len(scores) - 1


def test_a_fixed_answer_is_what_is_measured(model: Model) -> None:
    grid = model.grid(VARIANTS[:2], ROWS, answer=" the {who} likes milk.", options=OPTIONS)
    for cell in grid.cells:
        assert cell.prompt is not None
        answer = f" the {ROWS[cell.row]['who']} likes milk."
        alone = model.explain(cell.prompt, response=answer, method="occlusion")[0]
        assert cell.answer_log_prob == pytest.approx(alone.target_log_prob, abs=1e-3)
        assert cell.effects[0] == pytest.approx(alone.segments[0].score, abs=1e-3)


def test_samples_have_seeds_of_their_own(model: Model) -> None:
    options = {"max_new_tokens": 5, "temperature": 2.0, "seed": 7}
    grid = model.grid(TEMPLATE, ROWS[:2], samples=4, options=options, effects=False)
    for cell in grid.cells:
        assert cell.prompt is not None
        alone = [
            model.generate(cell.prompt, options=options, seed=seed).response
            for seed in range(7, 11)
        ]
        assert [one.response for one in cell.samples] == alone
        assert cell.effects == ()
    assert len({one.response for one in grid.cells[0].samples}) > 1


def test_what_is_looked_for() -> None:
    toy = load_model("toy")
    phrase = toy.grid(TEMPLATE, ROWS, find="milk", options=OPTIONS, effects=False)
    assert [cell.samples[0].found for cell in phrase.cells] == [True, False, False]
    assert phrase.find == "“milk”"
    regex = toy.grid(TEMPLATE, ROWS, find=re.compile("MILK|the d", re.I), options=OPTIONS)
    assert [cell.samples[0].found for cell in regex.cells] == [True, True, False]
    assert regex.find == "/MILK|the d/"
    assert toy.grid(TEMPLATE, ROWS, options=OPTIONS).cells[0].samples[0].found is None


def test_reasoning_is_not_looked_at() -> None:
    thinks = Example("1", "", fields={"x": "<think>"})
    toy = load_model("toy")
    grid = toy.grid("The cat likes {x}", [thinks], find="a", options={"max_new_tokens": 3})
    (sample,) = grid.cells[0].samples
    assert sample.response
    assert sample.found is False, "the block is never closed, so nothing is said yet"


def test_a_row_that_lacks_something_says_so(model: Model) -> None:
    grid = model.grid(TEMPLATE, [ROWS[0], {"who": "cat"}, {"who": "cat", "what": "a " * 20_000}])
    assert grid.cells[0].samples
    assert grid.cells[1] == Cell(0, 1, problem="row 2 has nothing for the variable {what}.")
    assert "long" in grid.cells[2].problem
    assert not grid.cells[2].samples
    lacking = model.grid("{who}", ROWS[:1], answer="{x}")
    assert lacking.cells[0].problem.endswith("{x}.")
    assert lacking.cells[0].effects == ()


def test_cells_are_told_as_they_come(model: Model) -> None:
    told: list[Cell] = []
    phases: list[tuple[str, int, int | None]] = []
    grid = model.grid(
        VARIANTS,
        ROWS,
        answer=" milk",
        options=OPTIONS,
        so_far=told.append,
        progress=lambda phase, done, total, _: phases.append((phase, done, total)),
    )
    last = {(cell.variant, cell.row): cell for cell in told}
    assert tuple(last[cell.variant, cell.row] for cell in grid.cells) == grid.cells
    assert told[0].samples
    assert not told[0].effects
    for phase in ("generate", "compare", "explain"):
        steps = [(done, total) for name, done, total in phases if name == phase]
        assert steps == sorted(steps)
        assert steps[0] == (0, 12)
        assert steps[-1] == (12, 12)


class Counted(ToyEngine):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.scored = 0

    def generate(self, *args: Any) -> Any:
        self.written += 1
        return super().generate(*args)

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        self.scored += len(contexts)
        return super().score(contexts, *answers)


def test_nothing_is_computed_twice() -> None:
    engine = Counted()
    model = Model(engine)
    first = model.grid(VARIANTS[:2], ROWS, options=OPTIONS)
    assert engine.written == 6
    scored = engine.scored
    assert model.grid(VARIANTS[:2], ROWS, find="milk", options=OPTIONS).rows == first.rows
    assert (engine.written, engine.scored) == (6, scored)
    model.grid(VARIANTS, ROWS, options=OPTIONS)
    assert engine.written == 12
    same = [VARIANTS[0], Variant("the same", TEMPLATE)]
    before = engine.written
    grid = model.grid(same, [*ROWS, *ROWS], options={"max_new_tokens": 9})
    assert engine.written == before + len(ROWS)
    assert grid.cell(0, 0).samples == grid.cell(1, 3).samples


def test_what_is_stopped_half_way_is_remembered() -> None:
    engine = Counted()
    model = Model(engine)

    def stop(cell: Cell) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.grid(VARIANTS, ROWS, options=OPTIONS, so_far=stop)
    assert engine.written == 1
    model.grid(VARIANTS, ROWS, options=OPTIONS)
    assert engine.written == 12


def test_an_engine_that_only_scores_says_how_likely_an_answer_is() -> None:
    class Scores(ToyEngine):
        capabilities = frozenset({"score"})

    grid = Model(Scores()).grid(TEMPLATE, ROWS, answer=" milk")
    assert all(cell.answer_log_prob is not None and cell.effects for cell in grid.cells)

    class Writes(ToyEngine):
        capabilities = frozenset({"generate"})

    grid = Model(Writes()).grid(TEMPLATE, ROWS, options=OPTIONS)
    assert all(cell.samples and not cell.effects for cell in grid.cells)
    with pytest.raises(CapabilityError, match="how likely"):
        Model(Writes()).grid(TEMPLATE, ROWS, answer=" milk")


def test_one_failing_cell_spares_the_others() -> None:
    class Moody(ToyEngine):
        """Refuses to speak of dogs."""

        def generate(self, prompt: Any, options: Any) -> Any:
            if "dog" in prompt.text:
                raise CapabilityError("It is moody.", "")
            return super().generate(prompt, options)

        def score(self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]) -> Any:
            text = self._tokenizer.decode(list(contexts[0]))
            if "bird" in text:
                raise CapabilityError("It is tired.", "")
            return super().score(contexts, *answers)

    grid = Model(Moody()).grid(TEMPLATE, ROWS, options=OPTIONS)
    assert [cell.problem for cell in grid.cells] == ["", "It is moody.", "It is tired."]
    assert [len(cell.effects) for cell in grid.cells] == [3, 0, 0]
    assert grid.cells[2].samples


def test_what_is_no_number_is_a_problem() -> None:
    class Overflows(ToyEngine):
        def score(self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]) -> Any:
            for index, log_probs in super().score(contexts, *answers):
                yield index, log_probs * np.nan

    grid = Model(Overflows()).grid(TEMPLATE, ROWS[:1], answer=" milk", options=OPTIONS)
    assert grid.cells[0].answer_log_prob is None
    assert "overflowed" in grid.cells[0].problem
    assert grid.gained(0) is None


def test_two_rows_of_one_id_are_refused() -> None:
    with pytest.raises(OptionsError, match="Two rows"):
        load_model("toy").grid("{x}", [{"x": 1}, {"id": "row 1", "x": 2}])


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"variants": []}, "no variant"),
        ({"rows": []}, "no row"),
        ({"variants": [Variant("a", "b"), Variant("a", "c")]}, "'a'"),
        ({"samples": 0}, "samples is 0"),
        ({"samples": 2}, "all samples are the same"),
        (
            {"rows": ROWS * 1000, "samples": 10, "options": {"temperature": 1.0}},
            "30,000 answers is too large",
        ),
    ],
)
def test_what_can_not_be_asked(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionsError, match=says):
        load_model("toy").grid(**{"variants": TEMPLATE, "rows": ROWS, **changed})


def test_variants_in_any_form() -> None:
    chat: Any = [{"role": "user", "content": "{a}"}]
    assert as_variants("a") == [Variant("variant 1", "a")]
    both: Any = ["a", Variant("b", "c")]
    assert as_variants(both) == [Variant("variant 1", "a"), Variant("b", "c")]
    assert as_variants({"x": "a", "y": chat}) == [
        Variant("x", "a"),
        Variant("y", (Message("user", "{a}"),)),
    ]
    each: list[Any] = [chat, [Message("user", "{a}")], chat[0]]
    for one in each:
        assert as_variants(one) == [Variant("variant 1", (Message("user", "{a}"),))]
    assert as_variants([chat, chat])[1].name == "variant 2"
    with pytest.raises(PromptError):
        as_variants([3])  # type: ignore[arg-type]


def test_rows_in_any_form() -> None:
    example = Example("e", "p")
    assert as_examples(ExampleList("d", (example,))) == [example]
    found = as_examples([example, {"id": "mine", "a": 1}, {"a": 2}])
    assert [one.id for one in found] == ["e", "mine", "row 3"]
    assert found[1].fields == {"id": "mine", "a": 1}
    with pytest.raises(DataError, match="Row 1"):
        as_examples([3])  # type: ignore[list-item]


def test_what_a_line_costs_at_least_is_said_as_that() -> None:
    template = "The dog likes cold water.\nThe dog likes"
    found = Model(BoundingEngine(top=3)).grid(
        [Variant("as it is", template), Variant("other", "Two and two make")],
        [Example("1", "")],
        answer=" cold",
        progress=False,
    )
    first, second = found.cells
    assert first.answer_bound is None
    assert second.answer_bound == "at_most"
    assert first.effect_bounds is not None
    effects = {line.text: one.bound for line, one in found.effects(0)}
    assert effects["The dog likes"] == "at_least"
    gained = found.gained(1)
    assert gained is not None
    assert gained.bound == "at_most"
    assert "the fixed answer is at least " in found.sentence(1)
    assert "log p(answer) ≤ " in str(found)
