"""`backlit check`."""

from pathlib import Path

from backlit.explanation import load_explanation
from tests.support.command import PROMPT, explain_toy, run


def test_check_says_of_each_map_whether_it_beats_chance(tmp_path: Path) -> None:
    why, out = tmp_path / "why.json", tmp_path / "checked.json"
    prompt = "I like sweet soup. You like sour bread. The bird likes"
    explain_toy(
        "--prompt", prompt, "--response", " ripe berries", "--granularity", "word",
        "--method", "occlusion", "--method", "grad_l2", "--format", "json", "--output", str(why),
    )  # fmt: skip
    result = run("check", str(why), "--output", str(out))
    assert result.exit_code == 0, result.output
    flat = " ".join(result.stdout.split())
    assert "occlusion: Taking away the top 3 words makes this answer" in flat
    assert "random orders" in flat
    assert "Rank correlation" in flat
    assert all(one.faithfulness for one in load_explanation(out))
    missing = run("check", str(tmp_path / "none.json"))
    assert missing.exit_code == 1
    assert "could not be read" in missing.output


def test_check_of_too_few_segments_says_so(tmp_path: Path) -> None:
    why = tmp_path / "why.json"
    explain_toy("--prompt", PROMPT, "--response", " x", "--format", "json", "--output", str(why))
    result = run("check", str(why))
    assert result.exit_code == 1
    assert "too few" in result.output
