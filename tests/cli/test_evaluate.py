"""`backlit evaluate`."""

import pytest

from tests.support.command import run


def test_evaluate_prints_a_table() -> None:
    result = run("evaluate", "toy", "--language", "en", "--kind", "needle", "--method", "lime")
    assert result.exit_code == 0, result.output
    assert "**toy**: 0 of 1 prompts count and" in result.stdout
    assert "| line | `lime` | - | - | - | - | - |" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "nope"], "no method 'nope'"),
        (["--language", "xx"], "xx"),
        (["--kind", "xx"], "xx"),
    ],
)
def test_evaluate_refuses_unknown_names(arguments: list[str], message: str) -> None:
    result = run("evaluate", "toy", *arguments)
    assert result.exit_code == 1
    assert message in result.output
