"""What there is to do, and what is run together."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backlit.batch.task import CHARACTERS, ROWS, WINDOW, Group, groups_of, run_of, tasks_of
from backlit.data.base import Example
from backlit.explanation.cell import Variant
from backlit.types import Message

VARIANTS = [Variant("plain", "Like {dish}?"), Variant("polite", "Please: do you like {dish}?")]


def examples(texts: Sequence[str]) -> list[Example]:
    return [Example(f"r{n}", "", fields={"dish": text}) for n, text in enumerate(texts)]


def test_a_task_for_each_row_and_variant() -> None:
    tasks = list(tasks_of(examples(["soup", "bread"]), VARIANTS))
    assert [(one.example.id, one.variant, one.position) for one in tasks] == [
        ("r0", 0, 0),
        ("r0", 1, 0),
        ("r1", 0, 1),
        ("r1", 1, 1),
    ]
    assert tasks[1].prompt == "Please: do you like soup?"
    assert len({one.run for one in tasks}) == 4


def test_without_variants_rows_have_prompts_of_their_own() -> None:
    (task,) = tasks_of([Example("a", "Hello {name}")], [])
    assert (task.prompt, task.variant, task.run) == ("Hello {name}", None, run_of("a", None))


def test_a_row_that_lacks_a_variable_has_a_problem() -> None:
    (task,) = tasks_of([Example("a", "", fields={})], VARIANTS[:1])
    assert task.prompt is None
    assert "nothing for the variable {dish}" in task.problem


def test_names_of_runs_do_not_run_into_each_other() -> None:
    assert run_of("a/b", "c") != run_of("a", "b/c")
    assert run_of("a", None) != run_of("a", "None")


def test_the_content_tells_what_was_asked() -> None:
    def content(example: Example, variants: Sequence[Variant] = ()) -> str:
        (task,) = tasks_of([example], variants, targets=True)
        return task.content

    plain = content(Example("a", "one"))
    assert content(Example("b", "one", source="elsewhere", fields={"x": 1})) == plain
    assert content(Example("a", "two")) != plain
    assert content(Example("a", "one", target="yes")) != plain
    assert content(Example("a", (Message("user", "one"),))) != plain
    filled = content(Example("a", "", fields={"dish": "soup"}), VARIANTS[:1])
    assert filled == content(Example("a", "", fields={"dish": "soup", "y": 2}), VARIANTS[:1])


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(0, 2))
def test_every_task_is_in_one_group(texts: list[str], variants: int) -> None:
    tasks = list(tasks_of(examples(texts), VARIANTS[:variants]))
    groups = list(groups_of(tasks))
    assert sorted(one.run for group in groups for one in group.tasks) == sorted(
        one.run for one in tasks
    )
    assert [group.number for group in groups] == list(range(len(groups)))
    for group in groups:
        assert 1 <= len(group.tasks) <= ROWS
        assert len({one.variant for one in group.tasks}) == 1


def test_rows_of_like_length_are_run_together() -> None:
    texts = ["long " * 50 if n % 2 else "short" for n in range(2 * ROWS)]
    first, second = groups_of(tasks_of(examples(texts), VARIANTS[:1]))
    assert {one.position % 2 for one in first.tasks} == {0}
    assert {one.position % 2 for one in second.tasks} == {1}


def test_long_prompts_are_run_with_fewer() -> None:
    half = "x" * (CHARACTERS // 2)
    sizes = [len(one.tasks) for one in groups_of(tasks_of(examples([half] * 4), VARIANTS[:1]))]
    assert sizes == [1, 1, 1, 1]  # with their template they are more than a half
    alone = "x" * (3 * CHARACTERS)
    assert [len(one.tasks) for one in groups_of(tasks_of(examples([alone]), VARIANTS[:1]))] == [1]


def test_more_rows_do_not_change_the_groups_before_them() -> None:
    rows = examples([f"{n}" for n in range(2 * WINDOW)])
    few = list(groups_of(tasks_of(rows[:WINDOW], [])))
    many = list(groups_of(tasks_of(rows, [])))
    assert many[: len(few)] == few


def test_a_group_goes_to_another_process_and_back() -> None:
    rows = [Example("a", (Message("user", "Hi"),), "t", "s", {"n": [1, "ü"]}), Example("b", "x")]
    (group,) = groups_of(tasks_of(rows, []))
    assert Group.from_json(group.to_json()) == group
