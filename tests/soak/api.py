"""Random requests, made from the API's own description of itself."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import serving

TOKEN = "a-secret-of-the-tests"
HOOKS = Path(__file__).with_name("api_hooks.py")
CONFIG = Path(__file__).with_name("schemathesis.toml")
SEED = "7"
TOLD = 14  # lines of a failure, with what to send to see it again
# The schema does not say all that is asked of a value (`top_p` is at most 1); and what stands for
# a value (`false` for 0) is taken for it.
UNASKED = "positive_data_acceptance,negative_data_rejection"


@dataclass(frozen=True)
class Fuzzed:
    """What random requests found.

    Attributes:
        cases: how many there were.
        failures: checks of schemathesis that failed, hangs and bugs included.
        log: what the server wrote to its log meanwhile.
    """

    cases: int
    failures: list[str]
    log: str

    @property
    def tracebacks(self) -> list[str]:
        return [line for line in self.log.splitlines() if "Traceback" in line]


def fuzz(examples: int, folder: Path, phases: str = "coverage,fuzzing") -> Fuzzed:
    """Ask what nobody would.

    Args:
        examples: of each kind of request, when fuzzing; coverage is some 2,000 at the edges of
            the schema.
        folder: for reports.
    """
    log = folder / "server.log"
    with serving("toy", environment={"BACKLIT_TOKEN": TOKEN}, log=log) as served:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(CONFIG), "run"),
            f"{served.url}/openapi.json",
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--max-examples", str(examples), "--seed", SEED, "--continue-on-failure"),
            *("--phases", phases),
            *("--checks", "all", "--exclude-checks", UNASKED, "--request-timeout", "60"),
            *("--report", "ndjson", "--report-ndjson-path", str(folder / "report.ndjson")),
            *("--no-color", "--generation-database", "none"),
            *("--suppress-health-check", "too_slow"),  # by the clock, on a machine that is busy
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = done.stdout.splitlines()
    generated = next((line for line in lines if " generated" in line), "0")
    starts = [at for at, line in enumerate(lines) if line.startswith("- ")]
    failures = ["\n".join(lines[at : at + TOLD]).strip() for at in starts]
    if done.returncode and not failures:
        failures = [done.stdout[-2000:] + done.stderr[-2000:]]
    return Fuzzed(int(generated.split()[0]), failures, log.read_text())
