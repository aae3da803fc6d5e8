"""Whether a server can be stepped through an answer, found out by trying.

It writes a few tokens in one go, with the likeliest at each place. Going on from the first one, two
and three of these has to give the next with the same log-probabilities, and the same the second
time. A server that ignores what is begun, answers it, or trims it tells others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backlit.engines.endpoint.answers import odd, read_by
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.echo import NEUTRAL
from backlit.engines.endpoint.failures import API
from backlit.engines.endpoint.listing import Listed, listed_in, next_in, text_of
from backlit.engines.endpoint.probe import CLOSE, HOT, Trial
from backlit.engines.endpoint.steps import Begun, Steps, choice_of
from backlit.engines.writing import ALTERNATIVES
from backlit.errors import BudgetError, EndpointError, GatedError, PromptError
from backlit.types import GenerationOptions, Message

FORMS: tuple[tuple[int, Mapping[str, Any]], ...] = ((20, NEUTRAL), (20, {}), (10, {}), (5, {}))
CATS = "The cat likes warm milk. The dog likes cold water. "
TEXT = Begun((), f"{CATS * 2}The cat likes")  # which goes on, whatever the model
CHAT = Begun((Message("user", "Count from one to nine, each number on a line of its own."),), "")
WRITTEN = GenerationOptions(max_new_tokens=6)
STEPS = 3
SURE = 1.02  # the sum of what is likely, with what rounding adds
REFUSALS = (EndpointError, PromptError, GatedError)

S = TypeVar("S", bound=Steps)


@dataclass(frozen=True, slots=True)
class Run(Generic[S]):
    """What a server told of what it wrote in one go.

    Attributes:
        steps: as it was asked.
        begun: where it began.
        listed: the tokens.
        tempered: whether what is told is so after the temperature.
    """

    steps: S
    begun: Begun
    listed: Sequence[Listed]
    tempered: bool


def run_of(client: Client, begun: Begun, forms: Iterable[S]) -> tuple[Run[S] | None, str]:
    """What a server tells of what it writes, in the first form that it takes; or None, and why.

    Raises:
        BacklitError: the server can't be reached.
    """
    problem = ""
    for steps in forms:
        try:
            told = client.ask(choice_of(steps, begun, WRITTEN))
        except BudgetError:
            raise
        except REFUSALS as error:
            problem = problem or error.message
            if error.hint == API:
                break  # there is nothing at that path
            continue
        try:
            listed = read_by(_listed, told)
            return Run(steps, begun, listed, _tempered(client, steps, begun, listed[0])), ""
        except BudgetError:
            raise
        except REFUSALS as error:
            return None, error.message
    return None, problem


def rehearse(client: Client, run: Run[Any], ways: Iterable[S]) -> tuple[S | None, list[Trial]]:
    """The first way in which a server can be believed to go on, and all that were tried.

    Raises:
        BacklitError: the server can't be reached.
    """
    trials: list[Trial] = []
    for way in ways:
        try:
            trials.append(_trial(client, way, run))
        except BudgetError:
            raise
        except REFUSALS as error:
            trials.append(Trial(way.name, error.message))
        if not trials[-1].problem:
            return way, trials
    return None, trials


def _trial(client: Client, way: Steps, run: Run[Any]) -> Trial:
    def step(begun: Begun) -> Listed:
        choice = client.ask(choice_of(way, begun, GenerationOptions(max_new_tokens=1)))
        told = read_by(next_in, choice)
        if begun.messages and text_of(choice).startswith(begun.text + told.text):
            raise odd("the beginning that was to be gone on from, too")
        return told

    begun, off = run.begun, 0.0
    steps: list[tuple[Begun, Listed]] = []
    for place in range(STEPS):
        begun += run.listed[place].text
        steps.append((begun, step(begun)))
        off = max(off, _deviation(run.listed[place + 1], steps[-1][1]))
    if off > CLOSE:
        return Trial(way.name, "Going on from what is begun gives other tokens than writing on.")
    begun, once = steps[1]
    again = _deviation(once, step(begun))
    if again > CLOSE:
        return Trial(way.name, "The same question, asked twice, gets two answers.")
    if _deviation(once, step(begun + "\n")) <= CLOSE:
        return Trial(way.name, "It leaves out the end of a line that stands last.")
    return Trial(way.name, "", max(off, again))


def _deviation(wanted: Listed, told: Listed) -> float:
    """How far one list of the likeliest is off another, nats; endless where tokens are missing."""
    values = dict(told.others)
    off = 0.0 if wanted.text in values else float("inf")
    for text, value in wanted.others[:ALTERNATIVES]:
        if text in values:
            off = max(off, abs(values[text] - value))
        elif value > told.bound + CLOSE:
            off = float("inf")
    return off


def _listed(choice: Any) -> list[Listed]:
    """The tokens of a run, if they can be believed."""
    listed = listed_in(choice)
    for one in listed[: STEPS + 1]:
        value = dict(one.others).get(one.text)
        if value is None:
            raise odd("a token that is not among its own likeliest")
        if one.log_prob is None or abs(value - one.log_prob) > CLOSE:
            raise odd("two log-probabilities of one token")
        if len(one.others) < ALTERNATIVES:
            raise odd(f"{len(one.others)} of the likeliest tokens, where {ALTERNATIVES} are needed")
        if one.probability > SURE:
            raise odd("tokens that are together more likely than what is sure")
    if len(listed) <= STEPS:
        raise odd(f"{len(listed)} tokens, where {STEPS + 1} are needed")
    text, spelled = text_of(choice), "".join(one.text for one in listed[:STEPS])
    ended = text == spelled and len(listed) == STEPS + 1  # the last is the end, and no text
    if not ended and not text.startswith(spelled + listed[STEPS].text):
        raise odd("tokens that do not spell what it wrote")
    return listed


def _tempered(client: Client, steps: Steps, begun: Begun, cold: Listed) -> bool:
    """Whether other log-probabilities are told where a temperature is asked for.

    Raises:
        EndpointError: and what is told at 0 is not what the model finds, either.
    """

    def at(temperature: float) -> Listed:
        one = GenerationOptions(max_new_tokens=1, temperature=temperature)
        return read_by(next_in, client.ask(choice_of(steps, begun, one)))

    try:
        if _deviation(cold, at(HOT)) <= CLOSE:
            return False
    except BudgetError:
        raise
    except REFUSALS:
        pass  # it is not known, so nothing is believed
    if _deviation(cold, at(1.0)) > CLOSE:
        raise odd("other log-probabilities at a temperature of 0 than at 1")
    return True
