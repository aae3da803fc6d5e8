"""Planted truth: which prompts count, where the plant is ranked, and the table that says so."""

from collections.abc import Iterator

import numpy as np
import pytest

from backlit.engines.base import GenerationStep
from backlit.engines.toy import ToyEngine
from backlit.evaluation import ranking as evaluation
from backlit.evaluation.planted import PlantedPrompt, planted_prompts
from backlit.evaluation.ranking import CHANCE, MethodRanking, evaluate, find_case, table
from backlit.methods import methods
from backlit.model import Model
from backlit.types import GenerationOptions, TokenSequence

KEY = "warm"
PLANT = "The code is warm.\n"
REST = "The dog likes water.\nThe bird likes berries.\nI like soup.\n"


class Reader(ToyEngine):
    """Answers what the code is, if a line says so, and something else if not."""

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        word = " warm" if "code is warm" in prompt.text else " cold"
        yield GenerationStep(self.append(prompt, word).tokens[prompt.prompt_length :], "length")


def planted(text: str, needs: str = "all", count: int = 1) -> PlantedPrompt:
    spans, at = [], 0
    for _ in range(count):
        at = text.index(PLANT, at)
        spans.append((at, at + len(PLANT)))
        at += len(PLANT)
    return PlantedPrompt("x", "needle", "en", text, KEY, tuple(spans), needs)  # type: ignore[arg-type]


def test_a_prompt_counts_if_the_plant_decides_the_answer() -> None:
    model = Model(Reader())
    case = find_case(model, planted(REST + PLANT + REST + "The code is"))
    assert case is not None
    tokens = case.generation.sequence.tokens[case.target.start : case.target.stop]
    assert "".join(t.text for t in tokens) == " warm"
    twice = REST + PLANT + REST + PLANT + "The code is"
    assert find_case(model, planted(twice)) is None  # the other line says so too
    assert find_case(model, planted(twice, "any", 2)) is not None
    assert find_case(model, planted(twice, "all", 2)) is None
    assert find_case(Model(ToyEngine()), planted(REST + PLANT + "The code is")) is None


def test_every_method_is_ranked_beside_chance() -> None:
    prompts = [planted(REST * k + PLANT + REST + "The code is") for k in range(1, 4)]
    odd = PlantedPrompt("y", "canary", "en", "I like soup.\nNo", "xyz", ((0, 13),), "all")
    told: list[tuple[int, int]] = []
    found = evaluate(
        Model(Reader()), [*prompts, odd], list(methods()), ["line"],
        lambda phase, done, total, scores: told.append((done, total)),
    )  # fmt: skip
    assert told[-1] == (4, 4)
    assert found.counted == {"needle": 3}
    assert found.dropped == {"canary": 1}
    rows = {row.method: row for row in found.rankings}
    assert set(rows) == {*methods(), CHANCE}
    for name, row in rows.items():
        assert len(row.areas) == 3, name
        assert len(row.ranks) == (60 if name == CHANCE else 3)
        assert 0 <= row.first <= 1
        assert 0 < row.reciprocal_rank <= 1
    assert rows["occlusion"].agreements == pytest.approx([1, 1, 1])
    assert rows[CHANCE].first < 0.5
    text = "\n".join(table(found))
    assert "3 of 4 prompts count" in text
    assert "canary 0/1" in text
    assert text.count("\n| line |") == len(methods()) + 1


def test_what_can_not_run_is_told_in_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = planted(REST * 2 + PLANT + "The code is")
    monkeypatch.setitem(
        evaluation.SAMPLES, "integrated_gradients", {"baseline": "token", "token": " a b c"}
    )
    found = evaluate(Model(Reader()), [prompt], ["integrated_gradients"], ["line"])
    (line,) = [line for line in table(found) if "`integrated_gradients`" in line]
    assert "tokens for this model" in line


def test_ties_share_the_middle_of_their_places() -> None:
    from backlit.evaluation.ranking import _rank

    flat = np.zeros(5)
    assert _rank(flat, np.array([True, False, False, False, False])) == 3
    assert _rank(np.array([3.0, 1, 2]), np.array([False, True, True])) == 2


def test_rows_without_cases_are_no_numbers() -> None:
    row = MethodRanking("occlusion", "line")
    assert np.isnan(row.first)
    assert np.isnan(row.reciprocal_rank)


@pytest.mark.model
def test_the_default_model_finds_plants_better_than_chance(smollm2: Model) -> None:
    """A small run of what `backlit evaluate` does, with the methods that are quick."""
    prompts = planted_prompts(each=1, languages=("en",))
    names = ["gate_relevance", "occlusion", "knockout"]
    found = evaluate(smollm2, prompts, names)
    assert found.counted.total() >= 3
    rows = {row.method: row for row in found.rankings}
    for name in names:
        assert rows[name].reciprocal_rank > rows[CHANCE].reciprocal_rank + 0.2, name
        assert np.mean(rows[name].areas) > np.mean(rows[CHANCE].areas), name
