"""`backlit evaluate`."""

from pathlib import Path

import pytest

from tests.support.command import run


def test_evaluate_prints_a_table(tmp_path: Path) -> None:
    result = run(
        "evaluate", "toy", "--language", "en", "--kind", "needle", "--method", "lime",
        "--cases", "1", "--tries", "2", "--plot", str(tmp_path / "plot.svg"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "**toy**: 0 of 2 prompts count." in result.stdout
    assert "| line | `lime` | 0 | no case |" in result.stdout
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").startswith("<svg")


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
