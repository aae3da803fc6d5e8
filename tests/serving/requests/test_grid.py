"""A grid as the page is told it: cell by cell, and what was found in the end."""

from typing import Any

import pytest

from backlit.explanation import Cell
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.requests.grid import CellEvent, GridRequest
from backlit.types import GenerationOptions
from tests.support.service import Client, Counting, opened

TEMPLATE = "{what}\n\nQuestion: what does the {who} like? Answer:"
VARIANTS = [
    wire.VariantInfo(name="as it is", template=TEMPLATE),
    wire.VariantInfo(name="more", template=f"The cat likes warm milk.\n{TEMPLATE}", change="more"),
]
ROWS = [
    wire.ExampleInfo(id="a", prompt="", fields={"who": "cat", "what": "I like soup."}),
    wire.ExampleInfo(id="b", prompt="", fields={"who": "dog", "what": "I like tea."}),
    wire.ExampleInfo(id="c", prompt="", fields={"who": "bird"}),
]
OPTIONS = GenerationOptions(max_new_tokens=8)


def request(**changes: Any) -> GridRequest:
    fields: dict[str, Any] = {"model": "toy", "variants": VARIANTS, "rows": ROWS}
    return GridRequest(**{**fields, "options": OPTIONS, "find": "milk", **changes})


def cells_of(events: list[wire.Event]) -> dict[tuple[int, int], Cell]:
    """What was told last of each cell."""
    told = [event.cell for event in events if isinstance(event, CellEvent)]
    return {(cell.variant, cell.row): cell for cell in told}


def test_it_says_what_python_says(client: Client, toy_model: Model) -> None:
    events = client.ask(request(answer=" the {who} likes"))
    grid = toy_model.grid(
        [one.variant for one in VARIANTS],
        [{"id": row.id, **row.fields} for row in ROWS],
        options=OPTIONS,
        find="milk",
        answer=" the {who} likes",
        progress=False,
    )
    assert cells_of(events) == {(cell.variant, cell.row): cell for cell in grid.cells}
    last: Any = events[-1]
    for index, variant in enumerate(last.variants):
        assert variant.found == grid.found(index)
        assert variant.sentence == grid.sentence(index)
        assert [(one.line, one.effect) for one in variant.effects] == list(grid.effects(index))
    assert last.variants[0].changed is None
    assert last.variants[1].gained == grid.gained(1)
    assert [one.line.number for one in last.variants[1].effects if one.new] == [1]


def test_a_cell_without_a_prompt_is_told_too(client: Client) -> None:
    cells = cells_of(client.ask(request()))
    assert cells[0, 2].problem == "c has nothing for the variable {what}."


def test_a_pattern_is_looked_for(client: Client) -> None:
    last = client.answered(request(find="(?i)MILK|water", is_pattern=True))
    assert last.variants[0].found.value == 1.0
    assert "/(?i)MILK|water/ is in 2 of 2" in last.variants[0].sentence


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"find": "(", "is_pattern": True}, "can't be read"),
        ({"samples": 2}, "temperature"),
        ({"variants": [VARIANTS[0], VARIANTS[0]]}, "'as it is'"),
    ],
)
def test_what_can_not_be_asked(client: Client, changed: dict[str, Any], says: str) -> None:
    event = client.answer(request(**changed))
    assert isinstance(event, wire.ErrorEvent)
    assert says in event.error.message + event.error.hint


def test_it_can_be_stopped_and_goes_on_from_there() -> None:
    engine = Counting(hold_at=2)
    with opened(engine) as client:
        events, cancel = client.begin(request(model="m"))
        assert engine.held.wait(20)
        cancel()
        engine.release.set()
        told = list(iter(lambda: events.get(timeout=20), None))
        assert isinstance(told[-1], wire.ErrorEvent)
        assert told[-1].error.code == "Cancelled"
        assert any(isinstance(event, CellEvent) for event in told)
        client.answered(request(model="m"))
    at_once = Counting()
    with opened(at_once) as client:
        client.answered(request(model="m"))
    assert len(engine.scored) == len(at_once.scored), "something was scored twice"
