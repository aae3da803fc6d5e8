"""Prints the server's OpenAPI document, from which the page's types are generated.

With schemas added that the routes do not name: each kind of request by its name, each kind's
events, what only notebooks send, and what a report holds.
"""

import json
from typing import Any

from pydantic import TypeAdapter, create_model

from backlit.explanation.report import Report
from backlit.serving.access import Access
from backlit.serving.http import create_app, event_of
from backlit.serving.requests import KINDS
from backlit.serving.service import Service
from backlit.serving.wire import View, Wire

requests: dict[str, Any] = {kind.name: (kind.request, ...) for kind in KINDS.values()}
events: dict[str, Any] = {kind.name: (event_of(kind), ...) for kind in KINDS.values()}
Requests = create_model("Requests", __base__=Wire, **requests)
Events = create_model("Events", __base__=Wire, **events)


def document() -> dict[str, Any]:
    """The document, with `Requests`, `Events`, `View` and `Report` among its schemas."""
    openapi = create_app(Service([], []), Access()).openapi()
    schemas = openapi["components"]["schemas"]
    for model in (Requests, Events, View, Report):
        mode: Any = "validation" if model is Requests else "serialization"
        adapter = TypeAdapter[Any](model)
        schema = adapter.json_schema(mode=mode, ref_template="#/components/schemas/{model}")
        for name, definition in schema.pop("$defs").items():
            schemas.setdefault(name, definition)
        schemas[model.__name__] = schema
    return openapi


if __name__ == "__main__":
    print(json.dumps(document(), indent=1))
