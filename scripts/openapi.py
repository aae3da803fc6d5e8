"""Prints the server's OpenAPI document, from which the page's types are generated.

With what only notebooks send added to it.
"""

import json
from typing import Any

from backlit.serving.http import create_app
from backlit.serving.service import Service
from backlit.serving.wire import Seen


def document() -> dict[str, Any]:
    """The document, `Seen` and what it refers to among its schemas."""
    found = create_app(Service([], []), token="").openapi()
    seen = Seen.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas = found["components"]["schemas"]
    for name, schema in seen.pop("$defs").items():
        schemas.setdefault(name, schema)
    schemas["Seen"] = seen
    return found


if __name__ == "__main__":
    print(json.dumps(document(), indent=1))
