"""The sample prompts: what the examples, the docs and other tests count on."""

import difflib

import pytest

from backlit.data import Example, load_dataset

IDS = [
    "fewshot-mistake",
    "fewshot-fixed",
    "fewshot-constitution",
    "fewshot-misprint",
    "math-seedlings",
    "math-ferry",
    "math-ribbon",
    "headline-plain",
    "headline-curious",
    "headline-short",
    "brainstorm-open",
    "brainstorm-one-principle",
    "brainstorm-three-principles",
]


@pytest.fixture(scope="module")
def samples() -> dict[str, Example]:
    return {example.id: example for example in load_dataset("sample_prompts").examples}


def text(example: Example) -> str:
    if isinstance(example.prompt, str):
        return example.prompt
    return "\n".join(message.content for message in example.prompt)


def test_every_sample_is_there_in_order(samples: dict[str, Example]) -> None:
    assert list(samples) == IDS


def test_few_shot_samples_leave_their_question_in(samples: dict[str, Example]) -> None:
    kept = [name for name, example in samples.items() if example.fields.get("keep_question")]
    assert kept == IDS[:4]


def test_samples_that_go_on_say_where_an_answer_ends(samples: dict[str, Example]) -> None:
    for example in samples.values():
        stops = example.fields.get("stop")
        assert (stops is not None) == isinstance(example.prompt, str)
        assert not any(stop in (example.target or "") for stop in stops or ())


def test_samples_take_another_name() -> None:
    assert load_dataset("sample_prompts").name == "sample_prompts"
    assert load_dataset("demo:sample_prompts").name == "demo"


def test_samples_say_where_they_belong(samples: dict[str, Example]) -> None:
    assert [example.source for example in samples.values()] == IDS  # notebooks look them up by it
    assert all(example["kind"] for example in samples.values())
    assert sum(example.target is not None for example in samples.values()) >= 9


def test_prompts_meet_their_responses_without_a_stray_space(samples: dict[str, Example]) -> None:
    for example in samples.values():
        assert text(example) == text(example).rstrip()
        if example.target is not None:
            assert example.target == example.target.rstrip()
            continues = isinstance(example.prompt, str)
            assert example.target[0].isspace() == continues


def test_fixed_corrects_one_line_of_mistake(samples: dict[str, Example]) -> None:
    mistake, fixed = (text(samples[f"fewshot-{name}"]) for name in ("mistake", "fixed"))
    lines = [*difflib.unified_diff(mistake.split("\n"), fixed.split("\n"), n=0)][3:]
    assert lines == ["-Recommendation: You have to try it.", "+Recommendation: Avoid."]
    at = next(i for i, (a, b) in enumerate(zip(mistake, fixed, strict=False)) if a != b)
    analysis = mistake[:at].rsplit("Analysis:", 1)[1]
    assert "You dislike" in analysis  # which the line contradicts


def test_the_constitution_is_two_principles_above_the_fixed_prompt(
    samples: dict[str, Example],
) -> None:
    fixed, constitution = (text(samples[f"fewshot-{name}"]) for name in ("fixed", "constitution"))
    assert constitution.endswith(fixed)
    principles = constitution.removesuffix(fixed)
    assert [line[:9] for line in principles.split("\n")] == ["Principle", "Principle", "", ""]


def test_the_target_of_the_mistake_repeats_it(samples: dict[str, Example]) -> None:
    target = samples["fewshot-mistake"].target or ""
    assert target.endswith("\nRecommendation: You have to try it.")
    assert (samples["fewshot-fixed"].target or "").endswith("\nRecommendation: Avoid.")


def test_the_misprint_stands_in_the_list_alone(samples: dict[str, Example]) -> None:
    example = samples["fewshot-misprint"]
    lines = [line for line in text(example).split("\n") if "140" in line]
    assert lines == ["- Baked moussaka: 140 euros"]
    assert (example.target or "").count("140") == 2  # in the analysis, and in what comes of it


def test_principles_grow(samples: dict[str, Example]) -> None:
    bare, one, three = (text(samples[id_]) for id_ in IDS[-3:])
    assert one.startswith(bare)
    assert [p.count("\n1. ") + p.count("\n2. ") + p.count("\n3. ") for p in (bare, one, three)] == [
        0,
        1,
        3,
    ]


def test_the_wheel_can_find_them() -> None:
    from backlit.data.samples import sample_bytes

    assert sample_bytes().count(b"\n") == len(IDS)
