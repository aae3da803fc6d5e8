"""What a finding says to people."""

from dataclasses import replace
from typing import Any

import pytest

import backlit
from backlit.explanation import Attribution, Generation, Proof
from backlit.explanation.finding import finding, measured
from backlit.types import Bound, Foil, Message, ScoredSegment, Target, Token, TokenSequence

PIECES = ("Be kind.\n", "Be brief.\n", "\n", "Say no.\n", "Answer:", " No", ", no.")
SPANS = [(i, i + 1) for i in range(6)]


def generation() -> Generation:
    tokens, at = [], 0
    for i, piece in enumerate(PIECES):
        role = "prompt" if i < 5 else "response"
        tokens.append(Token(i, piece, at, at + len(piece), role=role))
        at += len(piece)
    return Generation(
        "".join(PIECES[:5]), TokenSequence("".join(PIECES), tuple(tokens), 5), "stop", "toy"
    )


def mapped(scores: list[float], *proofs: Proof, **changes: Any) -> Attribution:
    """A map of the last token by lines, with what was measured."""
    segments = tuple(
        ScoredSegment(i, i + 1, PIECES[i], "prompt" if i < 5 else "response", score)
        for i, score in enumerate(scores)
    )
    one = Attribution(
        method="occlusion",
        params={},
        target=Target(6, 7),
        granularity="line",
        segments=segments,
        signed=True,
        target_log_prob=-1.0,
        proofs=proofs,
    )
    return replace(one, **changes)


def without(at: int, lost: float, said: str | None = None, changed: bool | None = None) -> Proof:
    return Proof((SPANS[at],), lost, f"{lost:g} nats less likely", said, changed)


SCORES = [0.5, 0.0, 0.0, 3.0, 1.0, 0.5]


def test_the_first_part_is_named_with_what_was_measured_without_it() -> None:
    one = mapped(SCORES, without(3, 4.0, " Yes", True), without(4, 1.0))
    assert measured(generation(), one) == (
        "Mostly line 4, “Say no.” Without it, this answer is 4 nats less likely, "
        "and the model says “Yes” instead."
    )


@pytest.mark.parametrize(
    ("said", "changed", "told"),
    [
        (" no.", False, "less likely, but the model still says the same."),
        (" \n", True, "less likely, and the model says nothing instead."),
        (None, None, "less likely."),
    ],
)
def test_what_the_model_says_instead(said: str | None, changed: bool | None, told: str) -> None:
    assert str(measured(generation(), mapped(SCORES, without(3, 4.0, said, changed)))).endswith(
        told
    )


def test_less_than_half_of_a_map_is_not_most_of_it() -> None:
    one = mapped([1.0, 1, 1, 1.5, 1, 1], without(3, 4.0))
    assert str(measured(generation(), one)).startswith("Above all line 4")


def test_what_is_needed_may_be_another_part_than_what_was_read() -> None:
    one = mapped(SCORES, without(3, 1.0), without(4, 2.0), without(0, -5.0))
    assert measured(generation(), one) == (
        "It was read first of all from line 4, “Say no.”, and needs line 5, “Answer:” most. "
        "Without it, this answer is 2 nats less likely."
    )


def test_what_speaks_against_it_is_not_what_it_was_read_from() -> None:
    against = [0.5, 0.0, 0.0, -3.0, 1.0, 0.5]
    proofs = (without(3, 4.0), without(4, 0.1))
    assert str(measured(generation(), mapped(against, *proofs))).startswith(
        "It was read first of all from line 5, “Answer:”, and needs line 4, “Say no.” most. Without"
    )
    all_against = [-0.5, 0.0, 0.0, -3.0, -1.0, -0.5]
    assert str(measured(generation(), mapped(all_against, *proofs))).startswith(
        "It needs line 4, “Say no.” most. Without"
    )
    unsigned = mapped(all_against, *proofs, signed=False)
    assert "needs" not in str(measured(generation(), unsigned))


def test_parts_that_cover_for_each_other() -> None:
    pair = Proof((SPANS[0], SPANS[3]), 3.0, "20 times less likely", " Yes", True)
    one = mapped(SCORES, without(3, 0.1), without(4, 0.2), pair)
    assert measured(generation(), one) == (
        "No part alone, but line 1, “Be kind.” and line 4, “Say no.”: each may cover for the "
        "other. Without them, this answer is 20 times less likely, and the model says “Yes” "
        "instead."
    )
    words = Proof(((0, 2), (3, 4)), 3.0, "20 times less likely")  # not parts of the map
    one = mapped(SCORES, without(3, 0.1), words)
    assert str(measured(generation(), one)).startswith("Nothing stands out")


@pytest.mark.parametrize("bound", ["at_most", "about"])
@pytest.mark.parametrize(("lost", "changed"), [(5.0, None), (0.01, True)])
def test_what_may_have_lost_nothing_does_not_stand_out(
    bound: Bound, lost: float, changed: bool | None
) -> None:
    one = mapped(SCORES, replace(without(3, lost, "Yes", changed), bound=bound))
    found = str(measured(generation(), one))
    assert found.startswith("Nothing stands out")
    unsure = lost > 1 or bound == "about"
    assert ("for sure" in found) == unsure


def test_what_is_at_least_so_much_stands_out() -> None:
    one = mapped(SCORES, replace(without(3, 5.0), bound="at_least"))
    assert str(measured(generation(), one)).startswith("Mostly line 4")
    little = mapped(SCORES, replace(without(3, 0.1), bound="at_least"))
    assert "for sure" in str(measured(generation(), little))


def test_of_parts_known_by_a_bound_none_is_said_to_do_nothing_alone() -> None:
    pair = Proof((SPANS[0], SPANS[3]), 3.0, "20 times less likely", " Yes", True)
    one = mapped(SCORES, replace(without(3, 0.1), bound="at_least"), without(4, 0.2), pair)
    found = str(measured(generation(), one))
    assert found.startswith("Together line 1")
    assert "No part alone" not in found


def test_where_nothing_stands_out_it_says_so() -> None:
    few = mapped(SCORES, without(3, 0.1), without(4, -0.5))
    assert measured(generation(), few) == (
        "Nothing stands out: none of the first 2 parts, taken away alone, makes this answer even "
        "2 times less likely."
    )
    pair = Proof((SPANS[0], SPANS[3]), 0.2, "1.2 times less likely", " no.", False)
    both = mapped(SCORES, without(3, 0.1), without(4, -0.5), pair)
    assert "taken away alone or together, makes" in str(measured(generation(), both))
    other = mapped(SCORES, without(3, 0.2), without(4, 0.1, " Yes", True))
    assert str(measured(generation(), other)).endswith(
        "needs line 5, “Answer:” most. Without it, this answer is 0.1 nats less likely, and the "
        "model says “Yes” instead."
    )
    one = mapped(SCORES, without(3, 0.1))
    assert measured(generation(), one) == (
        "Nothing stands out. Without the first part, this answer is 0.1 nats less likely."
    )


def test_a_foil_is_part_of_what_was_asked() -> None:
    target = Target(6, 7, Foil((1,), " yes"))
    found = measured(generation(), mapped(SCORES, without(3, 4.0), target=target))
    assert "this answer rather than “yes” is 4 nats less likely" in str(found)


def test_lines_are_numbered_where_there_are_some() -> None:
    made = generation()
    own = mapped([0, 0, 0, 0, 0, 1.0], without(5, 4.0))
    assert "Mostly the answer’s own line “No”." in str(measured(made, own))
    words = mapped(SCORES, without(3, 4.0), granularity="word")
    assert "Mostly the word “Say no.”" in str(measured(made, words))
    chat = replace(made, prompt=(Message("user", "Be kind."),))
    assert "Mostly the line “Say no.”" in str(measured(chat, mapped(SCORES, without(3, 4.0))))


def test_before_the_first_part_was_taken_away_nothing_was_found() -> None:
    assert measured(generation(), mapped(SCORES)) is None
    assert measured(generation(), mapped(SCORES, without(4, 9.0))) is None
    assert finding(generation(), mapped([], without(4, 9.0))) is None


def test_a_check_tells_whether_to_believe_it() -> None:
    model = backlit.load_model("toy")
    prompt = "The cat likes warm milk. The dog likes cold water. It is hot."
    explanation = model.explain(prompt, response=" The dog", granularity="word")
    assert explanation.finding() is None
    proved = model.prove(explanation)
    found = proved.finding()
    assert found
    assert found in " ".join(str(proved).split())
    checked = model.check(proved)
    faithfulness = checked[0].faithfulness
    assert faithfulness is not None
    told = {"holds": "holds up.", "weak": "is weak.", "chance": "no better than chance."}
    assert str(checked.finding()).startswith(found)
    assert str(checked.finding()).endswith(told[faithfulness.verdict])


def test_of_the_prompt_alone_or_of_the_answer_so_far() -> None:
    one = mapped([0.5, 0, 0, 2, 0, 3], without(3, 2.0), without(5, 4.0))
    assert str(measured(generation(), one)).startswith("Mostly the answer’s own line “No”")
    assert measured(generation(), one, "prompt") == (
        "Of the prompt, mostly line 4, “Say no.” Without it, this answer is 2 nats less likely."
    )
    assert measured(generation(), one, "response") == (
        "Of the answer so far, mostly the answer’s own line “No”. "
        "Without it, this answer is 4 nats less likely."
    )


def test_what_it_needs_most_is_said_of_the_prompt_alone() -> None:
    one = mapped([0.5, 0, 0, 2, 0, 1], without(3, 2.0), without(0, 3.0))
    assert str(measured(generation(), one, "prompt")).startswith(
        "Of the prompt, it was read first of all from line 4"
    )


def test_of_the_prompt_nothing_stands_out() -> None:
    one = mapped([0.5, 0, 0, 2, 0, 3], without(3, 0.1), without(0, 0.2), without(5, 4.0))
    assert str(measured(generation(), one, "prompt")).startswith(
        "Of the prompt, nothing stands out: none of the first 2 parts"
    )


def test_what_was_taken_away_with_more_says_nothing_of_the_prompt_alone() -> None:
    both = Proof((SPANS[0], SPANS[3], SPANS[5]), 5.0, "5 nats less likely", " Yes", True)
    one = mapped([0.5, 0, 0, 2, 0, 3], without(3, 0.1), without(0, 0.2), without(5, 0.3), both)
    found = str(measured(generation(), one, "prompt"))
    assert "alone, makes" in found
    assert "together" not in found


def test_all_of_it_is_the_prompt_where_the_target_begins_the_answer() -> None:
    one = mapped([0.5, 0, 0, 2, 0], without(3, 2.0))
    one = replace(one, target=Target(5, 6))
    assert measured(generation(), one, "prompt") == measured(generation(), one)
    assert measured(generation(), one, "response") is None


def test_what_was_not_taken_away_is_not_spoken_of() -> None:
    one = mapped([0.5, 0, 0, 2, 0, 3], without(3, 2.0))
    assert measured(generation(), one) is None
    assert measured(generation(), one, "response") is None
    assert measured(generation(), one, "prompt") is not None


def test_a_part_that_may_cost_anything_stands_out_where_something_else_is_said() -> None:
    bounded = replace(without(3, -0.1, " Yes", True), bound="at_least")
    assert str(measured(generation(), mapped(SCORES, bounded))).startswith("Mostly line 4")


def test_nothing_is_said_to_cost_little_of_which_a_bound_alone_is_known() -> None:
    bounded = replace(without(3, 0.1), bound="at_least")
    assert measured(generation(), mapped(SCORES, bounded, without(4, 0.1))) == (
        "Nothing stands out for sure: without some of the first 2 parts, the server tells only a "
        "bound."
    )
