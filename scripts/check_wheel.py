"""Installs a built wheel into a clean environment, and sees whether it serves the page.

Then with the notebook extra, whether it brings the widget; and without it, whether it says so.
"""

import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections.abc import Callable
from pathlib import Path

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"


def check(wheel: Path) -> None:
    """Raise if the wheel's page can't be had from `backlit serve toy`."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        install = ["-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS), str(wheel)]
        subprocess.run([str(python), *install], check=True, cwd=folder)
        command = [str(python.parent / "backlit"), "serve", "toy", "--no-browser"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            base = url.partition("?")[0]
            get = _browser()
            page = get(url)
            assert "<title>Backlit" in page, page
            scripts = re.findall(r'src="\./(assets/[^"]+\.js)"', page)
            assert scripts, page
            assert len(get(f"{base}{scripts[0]}")) > 10_000
            assert '"toy"' in get(f"{base}api/state")
        finally:
            process.terminate()
            process.wait(timeout=20)
        assert _exported(python).startswith("<!doctype html>")
        assert "MissingPackageError: The notebook widget needs anywidget" in _widget(python)
        install[-1] = f"{wheel}[notebook]"
        subprocess.run([str(python), *install], check=True, cwd=folder)
        assert "Backlit (toy)" in _widget(python)
    print(
        f"{wheel.name} serves its page, exports one and makes its widget from a clean environment"
    )


def _exported(python: Path) -> str:
    """A page to hand on, which is made of files that the wheel holds."""
    asked = ["explain", "--model", "toy", "--prompt", "The dog likes", "--format", "html"]
    command = [str(python.parent / "backlit"), *asked]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def _widget(python: Path) -> str:
    """What a widget says of itself, or the error."""
    code = "import backlit; print(backlit.make_notebook_widget(models=['toy']))"
    done = subprocess.run(
        [str(python), "-c", code], cwd=python.parent, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def _browser() -> Callable[[str], str]:
    """What fetches a page, and keeps its cookies."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def get(url: str) -> str:
        with opener.open(url, timeout=20) as response:
            text: str = response.read().decode()
        return text

    return get


if __name__ == "__main__":
    check(Path(sys.argv[1]).resolve())
