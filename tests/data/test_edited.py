"""A dataset that people change: every change, and its undoing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data import Example
from backlit.data.base import ExampleList
from backlit.data.edited import Edit, EditedDataset, undone, with_columns
from backlit.errors import InputError

A, B, C = (Example(name, f"Say {name}.") for name in "abc")


def dataset() -> EditedDataset:
    return EditedDataset(ExampleList("letters", (A, B, C)))


def ids(edited: EditedDataset) -> str:
    return "".join(example.id for example in edited.examples)


def test_a_row_is_changed_where_it_stands() -> None:
    edited = dataset()
    changed = Example("b", "Whisper b.")
    undoing = edited.apply([Edit("b", changed, 1)])
    assert ids(edited) == "abc"
    assert edited.find("b") == changed
    edited.apply(undoing)
    assert edited.examples == (A, B, C)
    assert edited.edits == ()


def test_rows_are_added_behind_another_or_behind_all() -> None:
    edited = dataset()
    first, second = edited.places("a", 2)
    edited.apply([Edit("x", Example("x", "X"), first), Edit("y", Example("y", "Y"), second)])
    (last,) = edited.places(None, 1)
    edited.apply([Edit("z", Example("z", "Z"), last)])
    assert ids(edited) == "axybcz"
    assert edited.places("z", 1) > edited.places("y", 1)
    assert EditedDataset(ExampleList("empty", ())).places(None, 2) == (0, 1)


def test_a_row_is_removed_and_comes_back() -> None:
    edited = dataset()
    undoing = edited.apply([Edit("b", None, 1)])
    assert ids(edited) == "ac"
    assert edited.find("b") is None
    assert [edit.example for edit in edited.edits] == [None]
    edited.apply(undoing)
    assert ids(edited) == "abc"


def test_edits_outlive_the_file_that_they_are_of() -> None:
    """A row that the file has no more is still there as it was changed to."""
    edits = [Edit("b", Example("b", "Whisper b."), 1), Edit("gone", None, 7)]
    edited = EditedDataset(ExampleList("letters", (A, C)), edits)
    assert ids(edited) == "acb"
    assert [edit.id for edit in edited.edits] == ["b"]


def test_rows_of_one_place_stand_as_they_did_once_a_change_is_undone() -> None:
    edited = dataset()
    edited.apply([Edit(name, Example(name, "one"), 0) for name in ("e", "d")])
    before = ids(edited)
    assert before == "adebc"
    edited.apply(edited.apply([Edit("d", None, 0)]))
    assert ids(edited) == before


def test_a_row_is_called_what_its_edit_says() -> None:
    with pytest.raises(InputError, match="'b' is called 'a'"):
        Edit("b", A, 0)


CHANGES = st.lists(
    st.builds(
        lambda name, text, order: Edit(name, Example(name, text) if text else None, order),
        st.sampled_from("abcde"),
        st.sampled_from(["", "one", "two"]),
        st.floats(0, 5),
    ),
    max_size=8,
)


@given(st.lists(CHANGES, max_size=5))
def test_whatever_was_done_can_be_undone(steps: list[list[Edit]]) -> None:
    edited = dataset()
    before = [(edited.examples, edited.apply(edits)) for edits in steps]
    again = EditedDataset(ExampleList("letters", (A, B, C)), edited.edits)
    assert again.examples == edited.examples
    for examples, undoing in reversed(before):
        edited.apply(undoing)
        assert edited.examples == examples


def test_a_field_of_none_is_taken_away_and_another_that_is_none_stays() -> None:
    row = Example("a", "Say a.", fields={"level": 1, "note": None, "mood": "calm"})
    assert with_columns(row, {"level": None, "prompt": "Sing."}) == Example(
        "a", "Sing.", fields={"note": None, "mood": "calm"}
    )


def test_only_what_was_changed_is_undone() -> None:
    before = Example("a", "Say a.", " a", fields={"level": 1})
    after = Example("a", "Sing a.", " a", fields={"level": 2})
    now = Example("a", "Sing a.", " la", fields={"level": 2, "tokens": 3})
    assert undone(before, after, now) == Example(
        "a", "Say a.", " la", fields={"level": 1, "tokens": 3}
    )
    assert undone(before, None, None) == before  # it had been removed
    assert undone(None, after, now) is None  # it had been added
