"""A widget on a model that a server runs."""

from typing import Any

import backlit
from tests.notebook.view import PROMPT, ROWS, View
from tests.support.endpoints import faked


def test_a_page_in_a_cell_asks_a_server() -> None:
    with faked("llama") as fake:
        model = backlit.load_model(f"toy:{fake.source}", endpoint={"parallel": 2})
        widget = backlit.make_notebook_widget([ROWS], [model])
        try:
            view = View(widget)
            shown = view.generate(PROMPT)
            assert shown.explanation is not None
            generation = shown.model_dump(mode="json")["explanation"]["generation"]
            assert view.state.models[0].metadata["engine"] == "endpoint"
            start = generation["sequence"]["prompt_length"]
            ids = [token["id"] for token in generation["sequence"]["tokens"][start:]]
            question: dict[str, Any] = {
                "model": "toy",
                "reference": {"prompt": PROMPT, "response_ids": ids, "finish_reason": "stop"},
                "target": (start, start + 1),
                "method": "occlusion",
                "granularity": "sentence",
            }
            answered = view.ask("a", "explain", question)[-1]
            assert answered["type"] == "explanation", answered
            scores = [
                one["score"] for one in answered["explanation"]["attributions"][0]["segments"]
            ]
            here = backlit.load_model("toy").explain(
                PROMPT, response=ids, target=(start, start + 1), method="occlusion",
                granularity="sentence",
            )  # fmt: skip
            assert max(abs(a - b) for a, b in zip(scores, here[0].scores, strict=True)) < 1e-6
        finally:
            widget.close()
