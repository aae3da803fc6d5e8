"""Explanations that lie: refused with a reason, or read as what they say; never a traceback."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backlit.errors import BacklitError, DataError
from backlit.explanation import Explanation
from backlit.model import Model, load_model

TAMPERED = 300
PROMPT = "Question: what does the dog like? Answer:"
STRANGE: list[Any] = [
    float("nan"),
    float("inf"),
    -1,
    -(10**9),
    0,
    1,
    999,
    10**12,
    1e30,
    None,
    True,
    "",
    "x",
    "\ud800",
    "\x1b[2J",
    [],
    [-1],
    [[5, 2]],
    {},
]

Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("toy")


@pytest.fixture(scope="module")
def saved(model: Model) -> str:
    explanation = model.explain(
        PROMPT,
        response=" cold water",
        target="water",
        foil="milk",
        method=("occlusion", "shapley", "grad_l2"),
        granularity="word",
    )
    return model.check(explanation).to_json()


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every value's place, from the whole to the last leaf."""
    yield path
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(saved: str, path: Path, change: Callable[[Any], Any]) -> str:
    """The file with another value in one place."""
    whole = json.loads(saved)
    holder: Any = {"whole": whole}
    for key in ("whole", *path)[:-1]:
        holder = holder[key]
    last = ("whole", *path)[-1]
    holder[last] = change(holder[last])
    return json.dumps(holder["whole"] if not path else whole)


LIES: dict[str, tuple[Path, Callable[[Any], Any]]] = {
    "a score that is no number": (
        ("attributions", 0, "segments", 0, "score"),
        lambda _: float("nan"),
    ),
    "an infinite score": (("attributions", 0, "segments", 0, "score"), lambda _: float("inf")),
    "a bound of nothing known": (
        ("attributions", 0, "segments", 0, "bound"),
        lambda _: "more or less",
    ),
    "a bound of what was summed": (
        ("attributions", 2, "segments", 0, "bound"),
        lambda _: "at_least",
    ),
    "a negative error": (("attributions", 1, "segments", 0, "standard_error"), lambda _: -1.0),
    "a target before all": (("attributions", 0, "target", "start"), lambda _: -3),
    "a target beyond the end": (("attributions", 0, "target", "stop"), lambda _: 10**12),
    "a target in the prompt": (("attributions", 0, "target", "start"), lambda _: 2),
    "an empty target": (("attributions", 0, "target", "stop"), lambda stop: stop - 1),
    "segments reversed": (("attributions", 0, "segments"), lambda all_: all_[::-1]),
    "a segment that is left out": (("attributions", 0, "segments"), lambda all_: all_[1:]),
    "a segment outside": (("attributions", 0, "segments", -1, "stop"), lambda _: 10**9),
    "a segment of another text": (("attributions", 0, "segments", 0, "text"), lambda _: "dog"),
    "a segment of another role": (("attributions", 0, "segments", 0, "role"), lambda _: "user"),
    "no tokens": (("generation", "sequence", "tokens"), lambda _: []),
    "another text": (("generation", "sequence", "text"), lambda text: text.upper()),
    "more text": (("generation", "sequence", "text"), lambda text: text + " and more"),
    "a token that starts behind its end": (
        ("generation", "sequence", "tokens", 1, "start"),
        lambda _: 99,
    ),
    "a long prompt": (("generation", "sequence", "prompt_length"), lambda _: 999),
    "a negative prompt": (("generation", "sequence", "prompt_length"), lambda _: -1),
    "a negative id": (("generation", "sequence", "tokens", 0, "id"), lambda _: -1),
    "a muted part that ends first": (("generation", "muted"), lambda _: [[5, 2]]),
    "an old schema": (("schema_version",), lambda _: -1),
    "a schema of tomorrow": (("schema_version",), lambda _: 4.0),
    "an empty foil": (("attributions", 0, "target", "foil", "ids"), lambda _: []),
    "a negative foil": (("attributions", 0, "target", "foil", "ids"), lambda _: [-4]),
    "token scores of others": (("attributions", 2, "token_scores"), lambda all_: all_[1:]),
    "token scores that are no numbers": (
        ("attributions", 2, "token_scores", 0),
        lambda _: float("nan"),
    ),
    "a probability that is no number": (
        ("attributions", 0, "target_log_prob"),
        lambda _: float("inf"),
    ),
    "a check of other segments": (
        ("attributions", 0, "faithfulness", "order", 0),
        lambda _: [0, 99],
    ),
    "a check without steps": (("attributions", 0, "faithfulness", "steps"), lambda _: []),
    "a check whose steps go back": (
        ("attributions", 0, "faithfulness", "steps"),
        lambda all_: all_[::-1],
    ),
    "a curve that is too short": (
        ("attributions", 0, "faithfulness", "map_order", "deletion"),
        lambda all_: all_[1:],
    ),
    "a percentile over a hundred": (
        ("attributions", 0, "faithfulness", "percentile"),
        lambda _: 101.0,
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_named(saved: str, lie: str) -> None:
    with pytest.raises(DataError) as raised:
        Explanation.from_json(changed(saved, *LIES[lie]))
    assert len(raised.value.message) > len("This explanation contradicts itself: .")
    assert raised.value.hint


def test_whatever_is_changed_is_refused_or_read_as_what_it_says(saved: str, model: Model) -> None:
    random_ = random.Random(7)
    everywhere = list(places(json.loads(saved)))
    read = 0
    for _ in range(TAMPERED):
        data = changed(saved, random_.choice(everywhere), lambda _: random_.choice(STRANGE))
        try:
            explanation = Explanation.from_json(data)
        except DataError as error:
            assert error.message
            continue
        read += 1
        assert Explanation.from_json(explanation.to_json()) == explanation
        assert repr(explanation)
        assert str(explanation)
        try:
            checked = model.check(explanation)
        except BacklitError as error:
            assert error.hint
        else:
            assert checked.attributions
    assert 0 < read < TAMPERED


@pytest.mark.parametrize("ids", [[10**6], [10**30]])
def test_ids_that_the_model_does_not_know(saved: str, model: Model, ids: list[int]) -> None:
    of_foil = ("attributions", 0, "target", "foil", "ids")
    of_prompt = ("generation", "sequence", "tokens", 0, "id")
    for data in (
        changed(saved, of_foil, lambda _: ids),
        changed(saved, of_prompt, lambda _: ids[0]),
    ):
        with pytest.raises(BacklitError) as raised:
            model.check(Explanation.from_json(data))
        assert raised.value.hint


# ---- a share of answers ------------------------------------------------------------------------

SHARE: Path = ("attributions", 0, "share")

SHARE_LIES: dict[str, tuple[Path, Callable[[Any], Any]]] = {
    "another measure": (("attributions", 0, "measure"), lambda _: "log_prob"),
    "an unknown measure": (("attributions", 0, "measure"), lambda _: "likelihood"),
    "no share": (SHARE, lambda _: None),
    "a log-probability": (("attributions", 0, "target_log_prob"), lambda _: -1.0),
    "no answers": ((*SHARE, "samples"), lambda _: 0),
    "other answers": ((*SHARE, "samples"), lambda count: count + 1),
    "a share over one": ((*SHARE, "with_all", "value"), lambda _: 2.0),
    "a share of half an answer": ((*SHARE, "with_all", "value"), lambda _: 0.5 / 5),
    "an interval that ends first": ((*SHARE, "with_all", "low"), lambda _: 1.5),
    "an interval without an end": ((*SHARE, "with_all", "high"), lambda _: None),
    "a score's interval that ends first": (
        ("attributions", 0, "segments", 0, "interval"),
        lambda ends: ends[::-1],
    ),
    "a proof of something else": (
        ("attributions", 0, "proofs", 0, "measure"),
        lambda _: "log_prob",
    ),
    "a foil": (
        ("attributions", 0, "target", "foil"),
        lambda _: {"ids": [1], "text": "a"},
    ),
}


@pytest.fixture(scope="module")
def shared(model: Model) -> str:
    explanation = model.explain(
        PROMPT,
        response=" cold water",
        measure="share",
        matching="milk|water",
        samples=5,
        granularity="word",
        options={"max_new_tokens": 3},
    )
    return model.prove(explanation).to_json()


@pytest.mark.parametrize("lie", SHARE_LIES)
def test_a_lie_about_a_share_is_named(shared: str, lie: str) -> None:
    with pytest.raises(DataError) as raised:
        Explanation.from_json(changed(shared, *SHARE_LIES[lie]))
    assert raised.value.hint


def test_a_share_is_read_as_it_was_saved(shared: str, model: Model) -> None:
    explanation = Explanation.from_json(shared)
    assert explanation.to_json() == shared
    assert explanation[0].measure == "share"
    assert model.prove(explanation).to_json() == shared


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*SHARE, "pattern"), "("),
        ((*SHARE, "pattern"), "(a{9999}){9999}"),
        ((*SHARE, "options", "max_new_tokens"), 10**12),
    ],
)
def test_a_share_that_can_not_be_measured_again(
    shared: str, model: Model, place: Path, value: Any
) -> None:
    explanation = Explanation.from_json(changed(shared, place, lambda _: value))
    try:
        assert model.check(explanation)
    except BacklitError as error:
        assert error.hint
