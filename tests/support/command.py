"""The command line as a person types it."""

from typer.testing import CliRunner, Result

from backlit.cli import app

PROMPT = "Question: what does the dog like?\nAnswer:"


def run(*arguments: str, stdin: str | None = None) -> Result:
    """`backlit` with these arguments."""
    return CliRunner().invoke(app, list(arguments), input=stdin)


def explain_toy(*arguments: str, stdin: str | None = None) -> Result:
    """`backlit explain` on the toy model."""
    return run("explain", "--model", "toy", *arguments, stdin=stdin)
