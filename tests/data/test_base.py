"""Examples as values, and what counts as a dataset."""

from dataclasses import dataclass, field

import pytest

from backlit.data import Dataset, Example
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets

EXAMPLE = Example("a-1", "Say hello.", "Hello.", "greetings", {"level": 2})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "a-1"),
        ("prompt", "Say hello."),
        ("target", "Hello."),
        ("source", "greetings"),
        ("level", 2),
    ],
)
def test_an_example_is_read_by_keys_too(key: str, value: object) -> None:
    assert EXAMPLE[key] == value


@pytest.mark.parametrize("key", ["fields", "nothing"])
def test_a_key_that_its_row_had_not(key: str) -> None:
    with pytest.raises(KeyError, match=key):
        EXAMPLE[key]


def test_only_a_prompt_is_needed() -> None:
    example = Example("a", "b")
    assert (example.target, example.source, example.fields) == (None, None, {})


def test_whatever_has_a_name_and_examples_is_a_dataset() -> None:
    @dataclass
    class Mine:
        name: str = "mine"
        examples: list[Example] = field(default_factory=lambda: [EXAMPLE])

    mine: Dataset = Mine()
    assert as_datasets([mine, ExampleList("held", (EXAMPLE,))])[0] is mine
