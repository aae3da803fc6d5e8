"""The command line: one module for each command or two.

Exit codes: 0, 1 for an error of the user's, 2 for wrong usage. What is heavy is imported by
the command that needs it, so that --help answers at once.
"""

import os

# Idle OpenMP threads should sleep: a busy wait beside another process costs ten times the time.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from backlit.cli import (
    batch,
    check,
    compare,
    evaluate,
    explain,
    grid,
    lists,
    serve,
    summary,
    workspace,
)
from backlit.cli.app import app

__all__ = [
    "app",
    "batch",
    "check",
    "compare",
    "evaluate",
    "explain",
    "grid",
    "lists",
    "serve",
    "summary",
    "workspace",
]
