"""How many files a person opens to follow a click on the answer to the colours on the prompt.

Each hop names a file and the words in it that lead on to the next, so that the list can't grow old.
What runs on the server is then really run and traced: it stays in the files of the list and in
those that hold values and small helpers, which are named, too.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import backlit
from backlit.serving.models import ServedModel
from backlit.serving.requests.explain import ExplainRequest, ExplanationEvent
from backlit.serving.service import Service
from tests.support.service import Client, reference_of, written

ROOT = Path(__file__).parent.parent
SERVER = "src/backlit/"
MAX_FILES = 30

# From the click to the request.
ASKING = [
    ("frontend/src/panels/text/SalienceText.svelte", "pointing.release()"),
    ("frontend/src/panels/text/pointing.svelte.ts", "this.workbench.setTarget("),
    ("frontend/src/state/workbench.svelte.ts", "pickTarget("),
    ("frontend/src/state/targeting.ts", "selection.pick("),
    ("frontend/src/state/answer/selection.svelte.ts", "pick("),
    ("frontend/src/state/findings/inquiry.svelte.ts", "questionOf("),
    ("frontend/src/model/question.ts", "export function explainRequest"),
    ("frontend/src/model/answer.ts", "export function referenceOf"),
    ("frontend/src/state/findings/explaining.svelte.ts", 'this.job.run("explain"'),
    ("frontend/src/state/job.svelte.ts", "this.transport.call("),
    ("frontend/src/page/http.ts", "fetch(this.base + path"),
]
# From the request to the explanation.
ANSWERING = [
    ("src/backlit/serving/http.py", "service.submit("),
    ("src/backlit/serving/service.py", "Call("),
    ("src/backlit/serving/queue.py", "job.run()"),
    ("src/backlit/serving/call.py", "self.kind.run("),
    ("src/backlit/serving/requests/explain.py", "pipeline.explain("),
    ("src/backlit/serving/requests/base.py", "def generation("),
    ("src/backlit/pipeline.py", "attribute(objective"),
    ("src/backlit/explaining/targets.py", "def select_target("),
    ("src/backlit/model/loaded.py", "Objective("),
    ("src/backlit/explaining/attribution.py", "method.attribute("),
    ("src/backlit/segments.py", "def segment("),
    ("src/backlit/methods/occlusion.py", "objective.score("),
    ("src/backlit/methods/perturbation.py", "def leave_one_out("),
    ("src/backlit/methods/objective.py", "scorer.score("),
    ("src/backlit/engines/toy.py", "def score("),
]
# From the explanation to the colours; where it comes in was counted above.
DRAWING = [
    ("frontend/src/model/shown.ts", "export function asShown"),
    ("frontend/src/model/scale.ts", "export function strengths"),
    ("frontend/src/model/colours.ts", "export function colourTable"),
    ("frontend/src/panels/text/drawing.ts", "paint("),
]
FLOW = [*ASKING, *ANSWERING, *DRAWING]
# Values, registries and small helpers that these call, and that call nothing of the flow.
HELPERS = {
    "display/bar.py",
    "display/speech.py",
    "engines/base.py",
    "engines/bounding.py",
    "engines/settings.py",
    "methods/__init__.py",
    "methods/base.py",
    "methods/bounds.py",
    "progress.py",
    "serving/batches.py",
    "serving/models.py",
    "serving/offered.py",
    "serving/recent.py",
    "serving/shelf.py",
    "serving/wire.py",
    "sources/address.py",
    "types.py",
    # made with the service, and asked for nothing of this
    "serving/keeping.py",
    # reading an answer again that this service did not make
    "engines/text.py",
    "engines/tokens.py",
    "engines/writing.py",
    "explaining/answers.py",
    "explaining/blocks.py",
    "explaining/draws.py",
    "explaining/explainable.py",
    "explaining/responses.py",
    # a method that is known by its name
    "explaining/methods.py",
}


def test_the_flow_crosses_few_files() -> None:
    files = [file for file, _ in FLOW]
    assert len(set(files)) == len(files)
    assert len(files) <= MAX_FILES


@pytest.mark.parametrize(("file", "words"), FLOW, ids=lambda value: str(value).rsplit("/")[-1])
def test_each_file_leads_on(file: str, words: str) -> None:
    assert words in (ROOT / file).read_text(encoding="utf-8")


@contextmanager
def traced() -> Iterator[set[str]]:
    """The files of ours that are run meanwhile, on this thread and on those that begin."""
    root = str(Path(backlit.__file__).parent)
    files: set[str] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(root):
            files.add(Path(name).relative_to(root).as_posix())

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def test_what_runs_on_the_server_is_what_is_listed() -> None:
    with Client(Service([ServedModel("toy", "toy")], [])) as client:
        generation = written(client)
    model = backlit.load_model("toy")
    start = generation.generation.sequence.prompt_length
    request = ExplainRequest(
        model="toy",
        reference=reference_of(generation),
        target=(start, start + 1),
        method="occlusion",
        granularity="word",
    )
    with traced() as files, Client(Service([ServedModel.of(model)], [])) as client:
        event = client.answered(request)
    assert isinstance(event, ExplanationEvent)
    listed = {file.removeprefix(SERVER) for file, _ in ANSWERING}
    assert files - listed - HELPERS == set()
    assert listed - files == {"serving/http.py"}
