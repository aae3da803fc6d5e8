"""What schemathesis is told of the API: likely values, and how a stream must end."""

import json
from typing import Any

import schemathesis

from backlit.serving.requests import KINDS

FINAL = {"error"} | {
    kind.events[-1].model_fields["type"].default for kind in KINDS.values() if kind.events
}

POSITION = {"type": "integer", "minimum": 0, "maximum": 30}
SPAN = {"prefixItems": [POSITION, POSITION]}
TEXT = {"pattern": "^[a-z ,.]+$", "maxLength": 60}
TOKEN_ID = {"type": "integer", "minimum": 0, "maximum": 300}
LIKELY: dict[str, dict[str, Any]] = {
    "model": {"enum": ["toy"]},
    "method": {"enum": ["grad_l2", "occlusion", "shapley", "lime", "gate_gradient", "none"]},
    "target": SPAN,
    "spans": {"items": SPAN, "maxItems": 20},
    "muted": {"items": SPAN, "maxItems": 5},
    "response_ids": {"items": TOKEN_ID, "maxItems": 30},
    "max_new_tokens": {"minimum": 1},
    "temperature": {"minimum": 0},
    "top_p": {"exclusiveMinimum": 0, "maximum": 1},
}


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Values that are likely to mean something, or few requests would get as far as the model.

    What is made to be refused is as wild as before.
    """
    for title, schema in raw_schema["components"]["schemas"].items():
        if title not in ("SequenceRef", "GenerationOptions") and not title.endswith("Request"):
            continue  # it comes back, too
        for name, value in schema["properties"].items():
            value.update(LIKELY.get(name, {}))
            if name == "prompt":
                value["anyOf"][0].update(TEXT)


@schemathesis.check
def ends(context: Any, response: schemathesis.Response, case: Any) -> None:
    """Every stream ends in a result or an error that is no bug."""
    if "text/event-stream" not in response.headers.get("content-type", [""])[0]:
        return
    assert not response.stream_cut_short, "a stream that did not end in time"
    lines = response.text.split("\n")  # other signs that end lines stand in texts as they are
    events = [json.loads(line[5:]) for line in lines if line.startswith("data:")]
    assert events, "a stream without an event"
    last = events[-1]
    ready = last["type"] == "model" and last["model"]["status"] == "ready"
    assert ready or last["type"] in FINAL, f"the last event is {last}"
    assert last["type"] != "error" or last["error"]["code"] != "InternalError", f"a bug: {last}"
