"""Finds a Chromium for the browser tests, or brings one, or says what to run.

Prints its path. `BACKLIT_CHROMIUM` names one outright.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of a Chromium on this machine, if there is one."""
    named = os.environ.get("BACKLIT_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Debian's package where apt may be used, otherwise Playwright's download."""
    root = os.geteuid() == 0 if hasattr(os, "geteuid") else False
    if shutil.which("apt-get") and root:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0:
            return
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr
    )


if __name__ == "__main__":
    if find() is None:
        install()
    found = find()
    if found is None:
        sys.exit(
            "The browser tests need Chromium, and none could be installed. Run one of\n"
            "    sudo apt-get install chromium\n"
            f"    {sys.executable} -m playwright install --with-deps chromium\n"
            "or set BACKLIT_CHROMIUM to the path of one, then run make test again."
        )
    print(found)
