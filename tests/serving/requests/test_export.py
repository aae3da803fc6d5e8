"""A file to hand on, as a page asks for it."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from backlit.explanation import Explanation
from backlit.explanation.report import Part, ReportFormat
from backlit.model import Model
from backlit.serving import wire
from backlit.serving.access import Access
from backlit.serving.http import create_app
from backlit.serving.requests.export import MAX_NAME, ExportRequest
from tests.support.service import PROMPT, Client

TOKEN = "a-secret-of-the-tests"


def refused(client: Client, request: ExportRequest) -> wire.ErrorInfo:
    event = client.answer(request)
    assert isinstance(event, wire.ErrorEvent)
    return event.error


def explained(model: Model, response: str = " cold water.") -> Explanation:
    return model.explain(PROMPT, response=response, method="occlusion", progress=False)


@pytest.mark.parametrize("form", get_args(ReportFormat))
def test_it_is_what_python_writes(client: Client, toy_model: Model, form: ReportFormat) -> None:
    one = explained(toy_model)
    event = client.answered(ExportRequest(explanations=[one], form=form))
    made = re.compile(r'"(made|id)":"[^"]+"')  # another report, in another second
    assert made.sub("", event.text) == made.sub("", one.report().written(form))
    assert event.name == f"backlit-what-led-to-cold-water.{form}"
    assert form != "html" or event.report in event.text


def test_several_with_their_matrix(client: Client, toy_model: Model) -> None:
    both = [explained(toy_model), explained(toy_model, " warm milk.")]
    compared = toy_model.compare(both, progress=False)
    request = ExportRequest(
        explanations=both, log_probs=[list(row) for row in compared.log_probs], form="md"
    )
    text = client.answered(request).text
    assert f"{compared.log_probs[1][0]:.3f}" in text
    assert compared.sentences[0] in text.replace("\\", "")
    unmeasured = client.answered(ExportRequest(explanations=both, form="md")).text
    assert "log p, nats" not in unmeasured


def test_what_is_left_out_is_not_there(client: Client, toy_model: Model) -> None:
    request = ExportRequest(
        explanations=[explained(toy_model)],
        examples=["a secret row"],
        note="A note.",
        without=list(get_args(Part)),
    )
    text = client.answered(request).text
    assert "A note." in text
    assert "a secret row" not in text
    assert "dog like" not in text


def test_it_needs_no_model(client: Client, toy_model: Model) -> None:
    one = explained(toy_model)
    gone = replace(one, generation=replace(one.generation, model="one that is not here"))
    assert "not here" in client.answered(ExportRequest(explanations=[gone])).text


def test_what_does_not_fit_is_refused(client: Client, toy_model: Model) -> None:
    one = explained(toy_model)
    map_ = one.attributions[0]
    wrong = replace(one, attributions=(replace(map_, target=replace(map_.target, stop=1_000)),))
    assert "contradicts itself" in refused(client, ExportRequest(explanations=[wrong])).message
    matrix = ExportRequest(explanations=[one], log_probs=[[0.0, 0.0], [0.0, 0.0]])
    assert "not of these runs" in refused(client, matrix).message
    named = ExportRequest(explanations=[one], examples=["a", "b"])
    assert "more examples" in refused(client, named).message
    answer = replace(one, attributions=())
    assert "no map" in refused(client, ExportRequest(explanations=[answer], form="csv")).message
    with pytest.raises(ValidationError):
        ExportRequest(explanations=[])
    with pytest.raises(ValidationError):
        ExportRequest(explanations=[one], log_probs=[[float("inf")]])
    with pytest.raises(ValidationError):
        ExportRequest(explanations=[one], without=["prompts"])  # type: ignore[list-item]


def test_names_are_short_and_plain(client: Client, toy_model: Model) -> None:
    one = explained(toy_model, " a/b\\c:" * 30)
    name = client.answered(ExportRequest(explanations=[one])).name
    stem = name.removeprefix("backlit-").removesuffix(".html")
    assert len(stem) <= MAX_NAME
    assert stem.replace("-", "").isalnum()


def test_it_travels(client: Client, toy_model: Model) -> None:
    request = ExportRequest(explanations=[explained(toy_model)])
    app = create_app(client.service, Access(TOKEN))
    with TestClient(
        app, base_url="http://127.0.0.1:8400", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as browser:
        answer = browser.post("/api/export", json=request.model_dump(mode="json"))
    assert answer.status_code == 200
    assert "<!doctype html>" in answer.text
