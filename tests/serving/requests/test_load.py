"""Loading a model, and following it."""

from backlit.engines.toy import ToyEngine
from backlit.serving import wire
from backlit.serving.requests.load import LoadRequest
from tests.support.service import opened, rest_of

LOAD = LoadRequest(model="m")


def test_loading_is_followed_until_it_is_ready() -> None:
    with opened(ToyEngine("m")) as client:
        events = client.ask(LOAD)
        assert all(isinstance(event, wire.ModelEvent) for event in events)
        states = [event.model for event in events if isinstance(event, wire.ModelEvent)]
        assert [state.status for state in states[:2]] == ["loading", "loading"]
        assert states[1].progress == wire.LoadProgress(phase="download", done=1, total=10)
        assert states[-1] == client.service.state().models[0]
        assert states[-1].status == "ready"


def test_all_who_ask_follow_the_one_load() -> None:
    with opened(ToyEngine("m")) as client:
        asked = [client.begin(LOAD)[0] for _ in range(3)]
        for events in asked:
            assert rest_of(events)[-1] == wire.ModelEvent(model=client.service.state().models[0])


def test_what_is_loaded_is_told_at_once() -> None:
    with opened(ToyEngine("m")) as client:
        client.ask(LOAD)
        (event,) = client.ask(LOAD)
        assert event.type == "model"
