"""A widget's cell that runs again and again in a real kernel leaves nothing behind."""

import json
import os
from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.model

CELL = """\
import backlit
widget = backlit.make_notebook_widget(models=["smollm2"], height=400)
widget.render()
"""
LOADED = """\
import time
while widget.get_state("_state")["_state"]["models"][0]["status"] != "ready":
    time.sleep(0.01)
"""
MODELS = """\
import gc
import backlit.model
def models():
    return [one for one in gc.get_objects() if type(one) is backlit.model.Model]
"""
WARM = """\
(model,) = models()
for _ in range(2):  # the weights' pages are read as they are used
    model.generate("One two three four", max_new_tokens=4)
del model
"""
MEASURE = """\
import gc, json, os, threading
import psutil
from ipywidgets.widgets.widget import _instances
gc.collect()
print(json.dumps({
    "threads": threading.active_count(),
    "megabytes": psutil.Process().memory_info().rss / 1e6,
    "widgets": len(_instances),
    "models": [id(one) for one in models()],
}))
"""
RUNS = 20


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    manager, client = start_new_kernel(env=environment)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, code: str) -> str:
    """Run a cell; what it printed."""
    printed: list[str] = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = kernel.execute_interactive(code, output_hook=hear, timeout=300)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed)


def test_running_a_cell_again_leaves_nothing_behind(kernel: BlockingKernelClient) -> None:
    run(kernel, CELL)
    run(kernel, LOADED)
    run(kernel, MODELS)
    run(kernel, WARM)
    run(kernel, CELL)  # finds the model loaded, as all that follow
    run(kernel, LOADED)
    before = json.loads(run(kernel, MEASURE))
    for _ in range(RUNS):
        run(kernel, CELL)
        run(kernel, LOADED)
    after = json.loads(run(kernel, MEASURE))
    assert after["threads"] <= before["threads"], (before, after)
    assert after["megabytes"] - before["megabytes"] < 50, (before, after)
    assert after["widgets"] == before["widgets"], (before, after)
    assert len(before["models"]) == 1
    assert after["models"] == before["models"]  # never loaded again
