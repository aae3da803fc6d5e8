"""Which models there are, and which may be added."""

import pytest

from backlit.engines import open_engine
from backlit.errors import InputError, UnknownNameError
from backlit.serving.models import ServedModel
from backlit.serving.offered import Offered
from tests.support.endpoints import MODEL, faked


def test_models_are_found_by_their_names() -> None:
    models = [ServedModel("one", "toy"), ServedModel("two", "toy")]
    offered = Offered(models)
    assert offered.all() == tuple(models)
    assert offered.get("two") is models[1]
    with pytest.raises(UnknownNameError, match="Use one of one, two"):
        offered.get("three")
    with pytest.raises(InputError, match="Two models are called 'one'"):
        Offered([models[0], models[0]])


def test_a_model_of_a_server_is_there_once_it_is_taken() -> None:
    offered = Offered([ServedModel("toy", "toy")], open_engine, anywhere=True)
    with faked("sglang") as fake:
        served = offered.of_server(fake.url, None)
        assert [one.info.name for one in offered.all()] == ["toy"]
        served.load(lambda: None)
        assert offered.take(served) is served
        assert offered.get(MODEL) is served
        assert served.model is not None
        assert served.model.name == served.info.name == MODEL
        assert MODEL in served.info.unavailable_methods["grad_l2"]


def test_two_who_connect_at_once_have_one_model() -> None:
    offered = Offered([ServedModel("toy", "toy")], open_engine, anywhere=True)
    with faked("sglang") as fake:
        first, second = (offered.of_server(fake.url, None) for _ in range(2))
        for one in (first, second):
            one.load(lambda: None)
        assert offered.take(first) is offered.take(second) is first


def test_a_model_that_could_not_be_loaded_is_the_one_that_is_tried_again() -> None:
    with faked("sglang") as fake:
        mine = ServedModel("mine", fake.source)
        offered = Offered([mine], open_engine)
        assert offered.of_server(fake.url, None) is mine
        mine.load(lambda: None)
        assert offered.of_server(fake.url, MODEL) is mine
        assert offered.of_server(fake.url, None) is not mine, "it may be another by now"


def test_a_path_that_was_named_is_all_that_may_be_asked() -> None:
    offered = Offered([ServedModel("mine", "endpoint:https://host.example/team/v1")], open_engine)
    connectable = offered.connectable()
    assert connectable is not None
    assert connectable.origins == ["https://host.example/team"]
    offered.of_server("https://host.example/team#other", None)
    for url in ("https://host.example", "https://host.example/v1", "https://host.example/teams"):
        with pytest.raises(InputError, match="may only connect to https"):
            offered.of_server(url, None)
