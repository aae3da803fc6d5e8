"""Planted prompts: what is said of their plants holds for the text itself."""

import re
from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.errors import OptionsError, UnknownNameError
from backlit.evaluation.drafts import KINDS
from backlit.evaluation.planted import LANGUAGES, SPLITS, PlantedPrompt, planted_prompts
from backlit.types import Message, Prompt

seeds = st.integers(min_value=-(2**63), max_value=2**63)
kinds = st.sampled_from(KINDS)
languages = st.sampled_from(LANGUAGES)
PAIRS = ("and_pair", "or_pair")


def one(seed: int, kind: str, language: str) -> PlantedPrompt:
    (item,) = planted_prompts(seed, 1, [language], [kind])
    return item


def lines(item: PlantedPrompt) -> list[str]:
    return item.prompt.splitlines(keepends=True)


def turns(prompt: Prompt) -> tuple[Message, ...]:
    assert not isinstance(prompt, str)
    return prompt


def planted(item: PlantedPrompt) -> list[str]:
    return [item.prompt[start:stop] for start, stop in item.plants]


def places(item: PlantedPrompt) -> list[int]:
    return [item.prompt.count("\n", 0, start) for start, _ in item.plants]


def test_there_are_as_many_as_asked_for_and_their_ids_say_which() -> None:
    items = planted_prompts(each=3)
    assert [item.id for item in items] == [
        f"{kind}-{language}-{number}"
        for kind, number, language in product(KINDS, range(3), LANGUAGES)
    ]
    assert all(item.id.startswith(f"{item.kind}-{item.language}-") for item in items)
    assert len({item.prompt for item in items}) == len(items)


def test_two_of_everything_is_the_default() -> None:
    assert planted_prompts() == planted_prompts(0, 2, LANGUAGES, KINDS)


def test_a_release_keeps_the_items_of_a_seed() -> None:
    item = one(0, "or_pair", "de")
    assert item.answer == "8413"
    assert planted(item) == ["Der Code für den Dachboden ist 8413.\n"] * 2
    assert places(item) == [5, 7]
    assert item.prompt.endswith("\nDer Code für den Dachboden ist")


@given(seeds)
@settings(max_examples=10)
def test_an_item_does_not_depend_on_what_else_is_asked_for(seed: int) -> None:
    everything = {item.id: item for item in planted_prompts(seed, 3)}
    for item in planted_prompts(seed, 2, ["fr", "en"], ["or_pair", "needle"]):
        assert everything[item.id] == item


def test_another_seed_gives_other_prompts() -> None:
    for first, second in zip(planted_prompts(0, 1), planted_prompts(1, 1), strict=True):
        assert first.id == second.id
        assert first.prompt != second.prompt


@given(seeds, kinds, languages)
def test_plants_are_whole_lines_in_order(seed: int, kind: str, language: str) -> None:
    item = one(seed, kind, language)
    assert len(item.plants) == (2 if kind in PAIRS else 1)
    assert list(item.plants) == sorted(item.plants)
    for line in planted(item):
        assert lines(item).count(line) == (2 if kind == "or_pair" else 1)
    assert 0 not in places(item)  # the opening line says what the others are


@given(seeds, kinds, languages)
def test_a_prompt_is_a_handful_of_lines_and_ends_where_the_answer_follows(
    seed: int, kind: str, language: str
) -> None:
    item = one(seed, kind, language)
    assert 7 <= len(lines(item)) <= {"long": 100, "two_hop": 17}.get(kind, 13)
    assert all(line.strip() for line in lines(item))
    assert item.prompt == item.prompt.rstrip()
    assert "{" not in item.prompt
    assert item.answer == item.answer.strip() != ""


@given(seeds, kinds, languages)
def test_the_answer_is_nowhere_but_in_the_plants(seed: int, kind: str, language: str) -> None:
    item = one(seed, kind, language)
    if kind == "flipped_label":  # its labels are on every line
        assert planted(item)[0].endswith(f"{item.answer}\n")
    elif kind == "long":  # a number may stand in a word or a longer number by chance
        assert sum(item.answer in line for line in lines(item)) == 1
    else:
        assert not re.search(rf"\b{re.escape(item.answer)}\b", item.without())


@given(seeds, kinds, languages)
def test_taking_plants_out_leaves_the_rest(seed: int, kind: str, language: str) -> None:
    item = one(seed, kind, language)
    for which in [(i,) for i in range(len(item.plants))] + [tuple(range(len(item.plants)))]:
        gone = [places(item)[i] for i in which]
        left = [text for place, text in enumerate(lines(item)) if place not in gone]
        assert item.without(*which) == "".join(left)
    assert item.without() == item.without(*range(len(item.plants)))
    assert item.without(0, 0) == item.without(0)


@pytest.mark.parametrize("index", [-1, 1, 2])
def test_there_is_no_plant_of_that_number(index: int) -> None:
    with pytest.raises(OptionsError, match=f"no plant {index}"):
        one(0, "needle", "en").without(index)


@given(seeds, languages)
def test_each_line_of_an_or_pair_gives_the_answer_alone(seed: int, language: str) -> None:
    item = one(seed, "or_pair", language)
    assert item.needs == "any"
    assert all(item.answer in line for line in planted(item))
    counts = Counter(lines(item))
    assert (
        sum(count == 2 for count in counts.values()) == 4
    )  # beside it, two others and what is read out
    for index in (0, 1):
        assert item.answer in item.without(index)


@given(seeds, languages)
def test_each_line_of_an_and_pair_gives_one_half(seed: int, language: str) -> None:
    item = one(seed, "and_pair", language)
    link, name = re.split(r"\s?: ", item.answer)
    by_place = sorted(planted(item), key=lambda line: name in line)
    assert item.needs == "all"
    assert [link in line for line in by_place] == [True, True]
    assert [name in line for line in by_place] == [False, True]


@given(seeds, languages)
def test_a_flipped_label_is_put_on_the_very_words_of_the_question(seed: int, language: str) -> None:
    item = one(seed, "flipped_label", language)
    question = lines(item)[-1]
    (plant,) = planted(item)
    assert plant == f"{question} {item.answer}\n"
    labels = [line.split(":")[1].strip() for line in lines(item)[1:-1]]
    assert labels.count(item.answer) - 1 > len(labels) - labels.count(item.answer) > 0


@given(seeds, languages)
def test_invented_words_are_told_apart_by_their_first_letter(seed: int, language: str) -> None:
    item = one(seed, "copied_string", language)
    words = [line.rstrip(".\n").split()[-1] for line in lines(item)[1:7]]
    assert len({word[0] for word in words}) == len(words)
    assert item.answer in words
    assert re.fullmatch("[a-z]{6}", item.answer)


@given(seeds, languages)
def test_a_contradiction_goes_against_what_the_lines_of_other_prompts_say(
    seed: int, language: str
) -> None:
    item = one(seed, "contradiction", language)
    (plant,) = planted(item)
    others = planted_prompts(0, 40, [language], ["contradiction"])
    said = {line for other in others for line in lines(other) if line not in planted(other)}
    assert plant not in said


def test_seeds_of_the_splits_are_apart() -> None:
    assert len(set(SPLITS.values())) == len(SPLITS) >= 2


@given(seeds, languages)
def test_another_target_is_not_what_is_asked_for(seed: int, language: str) -> None:
    item = one(seed, "other_target", language)
    (plant,) = planted(item)
    *_, shown, question = lines(item)
    asked = [line for line in lines(item)[1:7] if question.split()[-2:] == line.split()[-4:-2]]
    assert plant not in (shown, *asked)
    assert item.answer in plant
    assert item.answer not in shown


@given(seeds, languages)
@settings(max_examples=10)
def test_a_long_prompt_holds_lines_of_all_sorts_once_each(seed: int, language: str) -> None:
    item = one(seed, "long", language)
    own = lines(item)[1:-3]
    assert len(own) >= 80
    assert len(set(own)) == len(own)
    assert 2_500 < len(item.prompt) < 6_000  # characters: some 1,000 to 1,700 tokens


@given(seeds, languages)
def test_a_chat_has_its_facts_with_the_system_and_its_question_with_the_user(
    seed: int, language: str
) -> None:
    item = one(seed, "chat", language)
    (system, user), (without, same) = turns(item.asked()), turns(item.asked(item.without()))
    assert (system.role, user.role) == ("system", "user")
    assert item.answer in system.content
    assert item.answer not in user.content
    assert f"{system.content}\n{user.content}" == item.prompt
    assert item.answer not in without.content
    assert same == user


@given(seeds, languages)
def test_a_note_is_asked_for_and_shown_twice(seed: int, language: str) -> None:
    item = one(seed, "two_hop", language)
    texts = lines(item)
    note = texts[-1].split()[0]
    assert sum(text.startswith(note) for text in texts) == 3
    shown = re.findall(r"\w+", texts[-3])[-1]  # the value of the second, in its answer
    assert item.times == sum(shown in text for text in texts[-6:-2])
    assert item.times in (2, 3)
    assert item.asked() == item.prompt


@pytest.mark.parametrize("kind", KINDS)
def test_the_plant_is_not_always_in_one_place(kind: str) -> None:
    items = planted_prompts(Random(kind).randrange(1000), 12, ["en"], [kind])
    assert len({place for item in items for place in places(item)}) >= 4


@pytest.mark.parametrize("each", [0, -1])
def test_none_is_too_few(each: int) -> None:
    with pytest.raises(OptionsError, match=f"each is {each}"):
        planted_prompts(each=each)


def test_unknown_names_are_met_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"language 'xx'.*en, de, es, fr"):
        planted_prompts(languages=["en", "xx"])
    with pytest.raises(UnknownNameError, match=r"kind 'haystack'.*needle"):
        planted_prompts(kinds=["haystack"])
