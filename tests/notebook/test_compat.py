"""What the notebook programs do not offer in public, tried on the programs themselves.

Where one of these fails after an upgrade, `compat.py` no longer does what it says with it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import traitlets
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from backlit.notebook.compat import (
    AlwaysValidated,
    in_marimo,
    ipykernel_version,
    ipython_kernel,
    take_the_views_way,
)

TRIED = {"ipykernel": "7.4.0", "traitlets": "5.16.1", "marimo": "0.25.2"}
CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
SECONDS = 60


def tried(package: str) -> str:
    """What to say where a private API is not what it was."""
    return f"tried with {package} {TRIED[package]}, and this is {version(package)}"


def test_these_are_the_versions_that_tests_run_with() -> None:
    pinned = dict(line.split("==") for line in CONSTRAINTS.read_text().splitlines() if "==" in line)
    assert {package: pinned[package] for package in TRIED} == TRIED


# ---- ipykernel ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(env={**os.environ, "OMP_WAIT_POLICY": "passive"})
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(
    kernel: BlockingKernelClient, code: str, hear: Callable[[str], None] = lambda text: None
) -> Any:
    """Run a cell; what it printed last, as JSON. `hear` is told of what it prints as it does."""
    printed: list[str] = []

    def note(message: dict[str, Any]) -> None:
        if message["header"]["msg_type"] == "stream":
            printed.append(message["content"]["text"])
            hear(printed[-1])

    reply = kernel.execute_interactive(dedent(code), output_hook=note, timeout=SECONDS)
    assert reply["content"]["status"] == "ok", reply["content"]
    return json.loads("".join(printed).splitlines()[-1])


def test_outside_of_a_kernel_there_is_none() -> None:
    assert ipython_kernel() is None
    assert ipykernel_version() == 0
    assert not in_marimo()


def test_a_kernel_knows_its_running_cell(kernel: BlockingKernelClient) -> None:
    code = """\
        import json
        from backlit.notebook.cells import running_cell
        from backlit.notebook.compat import in_marimo, ipykernel_version
        runs = [*globals().get("runs", []), running_cell(), running_cell()]
        print(json.dumps({
            "cells": len({name for name, _ in runs}),
            "runs": len({id(run) for _, run in runs}),
            "version": ipykernel_version(),
            "marimo": in_marimo(),
        }))
        """
    first, second = run(kernel, code), run(kernel, code)
    major = int(TRIED["ipykernel"].partition(".")[0])
    alike = {"version": major, "marimo": False}
    assert first == {"cells": 1, "runs": 1, **alike}, tried("ipykernel")
    assert second == {"cells": 1, "runs": 2, **alike}, tried("ipykernel")


def subshell_of(kernel: BlockingKernelClient) -> str:
    """A second line of execution, as a view opens one."""
    message = kernel.session.msg("create_subshell_request")
    kernel.control_channel.send(message)
    while True:
        reply = kernel.get_control_msg(timeout=SECONDS)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return str(reply["content"]["subshell_id"])


@pytest.mark.parametrize("way", ["the view's", "the kernel's"])
def test_a_message_takes_the_views_way_past_a_running_cell(
    kernel: BlockingKernelClient, way: str
) -> None:
    """And does not, left to ipykernel: once that is no longer so, it may be left to it."""
    change = "take_the_views_way(channel)" if way == "the view's" else ""
    comm_id = run(
        kernel,
        f"""\
        import comm, json, threading
        from backlit.notebook.compat import take_the_views_way
        arrived = threading.Event()
        channel = comm.create_comm(target_name="backlit-test")
        channel.on_msg(lambda message: arrived.set())
        {change}
        print(json.dumps(channel.comm_id))
        """,
    )
    message = kernel.session.msg("comm_msg", {"comm_id": comm_id, "data": {}})
    message["header"]["subshell_id"] = subshell_of(kernel)

    def hear(text: str) -> None:
        if "sent" in text:
            kernel.shell_channel.send(message)

    seconds = 15 if way == "the view's" else 1
    arrived = run(
        kernel,
        f"""\
        channel.send({{}})
        print("sent", flush=True)
        print(json.dumps(arrived.wait({seconds})))
        """,
        hear,
    )
    assert arrived == (way == "the view's"), tried("ipykernel")


def test_a_channel_that_knows_no_ways_is_left_alone() -> None:
    class Channel:
        """Of another program, or an older ipykernel."""

    take_the_views_way(Channel())


# ---- traitlets ------------------------------------------------------------------------------


class Validating(traitlets.HasTraits):
    """Notes what it is asked to validate, and makes a word of it."""

    always = AlwaysValidated(default_value=None)
    usual: Any = traitlets.Any(default_value=None, allow_none=True)

    def __init__(self) -> None:
        self.proposals: list[tuple[str, object]] = []
        super().__init__()

    @traitlets.validate("always", "usual")
    def _word(self, proposal: Any) -> object:
        self.proposals.append((proposal["trait"].name, proposal["value"]))
        return f"valid {proposal['value']}"


def test_none_is_validated_too() -> None:
    owner: Any = Validating()
    owner.always = 1
    owner.always = None
    assert owner.always == "valid None", tried("traitlets")
    assert owner.proposals == [("always", 1), ("always", None)], tried("traitlets")


def test_left_to_traitlets_none_is_not_validated() -> None:
    """Once that is no longer so, the trait may be one of traitlets' own."""
    owner: Any = Validating()
    owner.usual = 1
    owner.usual = None
    assert owner.proposals == [("usual", 1)], tried("traitlets")


def test_what_is_held_is_validated_at_the_end() -> None:
    owner: Any = Validating()
    with owner.hold_trait_notifications():
        owner.always = 1
        assert owner.always == 1, tried("traitlets")
    assert owner.always == "valid 1", tried("traitlets")


def test_an_error_of_what_validates_leaves_what_was_there() -> None:
    class Strict(traitlets.HasTraits):
        value = AlwaysValidated(default_value=1)

        @traitlets.validate("value")
        def _refuse(self, proposal: Any) -> object:
            raise ValueError("no")

    owner: Any = Strict()
    with pytest.raises(ValueError, match="no"):
        owner.value = None
    assert owner.value == 1


# ---- marimo ---------------------------------------------------------------------------------

# Names with an underscore are a cell's own.
CELL = """\
@app.cell
def _():
    import json as _json
    from pathlib import Path as _Path
    from backlit.notebook.cells import running_cell as _running_cell
    from backlit.notebook.compat import in_marimo as _in_marimo
    _cells = [_running_cell(), _running_cell()]
    _facts = {
        "name": _cells[0][0], "same": _cells[0][1] is _cells[1][1], "marimo": _in_marimo()
    }
    _Path("NAME.json").write_text(_json.dumps(_facts))
    return
"""


def test_marimo_knows_its_running_cell(tmp_path: Path) -> None:
    names = ("one", "two")
    cells = [CELL.replace("NAME", name) for name in names]
    notebook = tmp_path / "notebook.py"
    notebook.write_text("\n\n".join(["import marimo", "app = marimo.App()", *cells]))
    command = [sys.executable, "-m", "marimo", "export", "html", notebook.name, "-o", "out.html"]
    exported = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert exported.returncode == 0, exported.stdout + exported.stderr
    one, two = (json.loads((tmp_path / f"{name}.json").read_text()) for name in names)
    for facts in (one, two):
        assert facts["marimo"], tried("marimo")
        assert facts["same"], tried("marimo")
    assert one["name"] != two["name"], tried("marimo")
