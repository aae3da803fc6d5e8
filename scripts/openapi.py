"""Prints the server's OpenAPI document, from which the page's types are generated."""

import json

from backlit.server import create_app
from backlit.service import Service

if __name__ == "__main__":
    print(json.dumps(create_app(Service([], []), token="").openapi(), indent=1))
