"""`backlit explain`."""

import json
from pathlib import Path

import pytest

from backlit.data import load_dataset
from backlit.explanation import load_explanation
from tests.support.command import PROMPT, explain_toy, run


def test_explain_prints_the_text_and_a_ranking() -> None:
    result = explain_toy("--prompt", PROMPT, "--response", " cold water", "--granularity", "word")
    assert result.exit_code == 0
    assert PROMPT in result.stdout
    assert "positive supports the target" in result.stdout
    assert "nats" in result.stdout
    assert "\x1b" not in result.stdout  # no colour where nobody looks


def test_explain_writes_json_whose_segments_carry_scores() -> None:
    result = explain_toy("--prompt", PROMPT, "--response", " cold water", "--format", "json")
    found = json.loads(result.stdout)
    (attribution,) = found["attributions"]
    assert [s["text"] for s in attribution["segments"]] == [
        "Question: what does the dog like?\n",
        "Answer:",
    ]
    for segment in attribution["segments"]:
        assert {"text", "start", "stop", "score"} <= set(segment)
    assert attribution["method"] == "gate_relevance"  # as the page begins
    assert attribution["granularity"] == "line"


def test_explain_reads_and_writes_files(tmp_path: Path) -> None:
    prompt, target, out = tmp_path / "p.txt", tmp_path / "t.txt", tmp_path / "why.json"
    prompt.write_text(PROMPT + "\n", encoding="utf-8")
    target.write_bytes("\ufeff cold water.\r\n".encode())
    result = explain_toy(
        "--prompt-file", str(prompt), "--response-file", str(target), "--target", "water",
        "--method", "grad_x_input", "--aggregate", "max", "--format", "json",
        "--output", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    explanation = load_explanation(out)
    assert explanation.generation.sequence.text == PROMPT + " cold water."
    assert explanation.attributions[0].aggregate == "max"
    text = tmp_path / "why.txt"
    result = explain_toy("--prompt-file", "-", "--output", str(text), stdin=PROMPT)
    assert result.exit_code == 0, result.output
    assert "positive supports" in text.read_text()


def test_explain_takes_several_methods_their_parameters_and_a_foil(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    result = explain_toy(
        "--prompt", PROMPT, "--response", " cold water", "--target", "cold water",
        "--foil", "warm milk", "--method", "shapley", "--method", "integrated_gradients",
        "--param", "n_samples=40", "--param", "baseline=zero", "--granularity", "word",
        "--format", "json", "--output", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    first, second = load_explanation(out).attributions
    assert (first.params["n_samples"], second.params["baseline"]) == (40, "zero")
    assert first.target.foil is not None
    assert first.target.foil.text == " warm milk"
    text = explain_toy(
        "--prompt", PROMPT, "--response", " cold water", "--foil", " warm milk",
        "--method", "shapley", "--granularity", "word",
    )  # fmt: skip
    assert "positive supports the target over the foil" in text.stdout
    assert "log p(foil “warm milk”)" in text.stdout
    assert " ± " in text.stdout


def test_explain_goes_from_coarse_to_fine() -> None:
    result = explain_toy(
        "--prompt", "The dog likes water.\n" * 6 + "The dog", "--response", " likes",
        "--granularity", "word", "--coarse-to-fine", "--budget", "40", "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    segments = json.loads(result.stdout)["attributions"][0]["segments"]
    assert len({segment["level"] for segment in segments}) > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", ""], "prompt is empty"),
        (["--prompt", PROMPT, "--method", "nope"], "no method 'nope'"),
        (["--prompt", PROMPT, "--method", "lime", "--param", "seed"], "has no value"),
        (["--prompt", PROMPT, "--method", "lime", "--param", "depth=3"], "no parameter 'depth'"),
        (["--prompt", PROMPT, "--method", "lime", "--param", "seed=x"], "Seed can't be 'x'"),
        (["--prompt", PROMPT, "--response", " x", "--foil", " x"], "foil is the target itself"),
        (
            ["--prompt", PROMPT, "--coarse-to-fine", "--granularity", "custom", "--pattern", "x"],
            "no way from coarse to fine",
        ),
        (["--prompt", PROMPT, "--response", " x", "--target", "y"], "does not contain 'y'"),
        (["--prompt", PROMPT, "--response", " the the", "--target", "the"], "the target 2 times"),
        (["--prompt", PROMPT, "--response", " x", "--target-tokens", "0:2"], "token span 0:2"),
        (["--prompt", PROMPT, "--temperature", "-1"], "temperature is -1"),
        (["--messages", "/nowhere/chat.json"], "could not be read"),
        (["--prompt", PROMPT, "--max-new-tokens", "0"], "max_new_tokens is 0"),
        (["--prompt-file", "/nowhere/p.txt"], "could not be read"),
        (["--prompt", "a " * 9_000], "reads at most"),
        (
            ["--prompt", "a", "--granularity", "custom", "--pattern", "("],
            "pattern can't be read",
        ),
        (
            ["--prompt", PROMPT, "--format", "json", "--output", "/nowhere/x"],
            "could not be written",
        ),
        (["--prompt", PROMPT, "--output", "/nowhere/x"], "could not be written"),
    ],
)
def test_errors_of_the_person_exit_with_1(arguments: list[str], message: str) -> None:
    result = explain_toy(*arguments)
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) >= 2  # what happened, and what to do
    assert "Traceback" not in result.output


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("caf\xe9".encode("latin-1"))
    result = explain_toy("--prompt-file", str(path))
    assert result.exit_code == 1
    assert "not UTF-8" in result.stderr


@pytest.mark.model
def test_the_mistaken_line_scores_highest_from_the_command_line(tmp_path: Path) -> None:
    examples = {e.id: e for e in load_dataset("sample_prompts").examples}
    mistake, fixed = examples["fewshot-mistake"], examples["fewshot-fixed"]
    assert isinstance(mistake.prompt, str)
    assert isinstance(fixed.prompt, str)
    assert mistake.target is not None
    prompt = tmp_path / "p.txt"
    prompt.write_text(mistake.prompt, encoding="utf-8")
    result = run(
        "explain", "--prompt-file", str(prompt), "--response", mistake.target,
        "--target", "Recommendation: You have to try it.", "--method", "occlusion",
        "--granularity", "line", "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    top = max(found["attributions"][0]["segments"], key=lambda s: s["score"])
    # By place, not by words: a correct line reads the same.
    pairs = zip(mistake.prompt, fixed.prompt, strict=False)
    differs = next(i for i, (a, b) in enumerate(pairs) if a != b)
    tokens = found["generation"]["sequence"]["tokens"]
    assert tokens[top["start"]]["start"] == mistake.prompt.rindex("\n", 0, differs) + 1


def test_earlier_options_name_the_new_ones() -> None:
    for old, new in (("--select", "--target"), ("--target-file", "--response-file")):
        result = explain_toy("--prompt", PROMPT, old, "x")
        assert result.exit_code == 2
        assert f"It is called {new} now" in " ".join(result.stderr.split())
    assert "--select" not in run("explain", "--help").stdout


def test_a_target_by_its_tokens_or_a_pattern() -> None:
    common = ("--prompt", PROMPT, "--response", " the cat and the dog", "--format", "json")
    whole = json.loads(explain_toy(*common).stdout)
    start = whole["generation"]["sequence"]["prompt_length"]
    by_tokens = json.loads(explain_toy(*common, "--target-tokens", f"{start}:{start + 1}").stdout)
    assert by_tokens["attributions"][0]["target"]["stop"] == start + 1
    by_pattern = json.loads(explain_toy(*common, "--target-pattern", "d.g").stdout)
    tokens = by_pattern["generation"]["sequence"]["tokens"]
    target = by_pattern["attributions"][0]["target"]
    assert [t["text"] for t in tokens[target["start"] : target["stop"]]] == [" dog"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_chat_is_explained(wrapped: bool, tmp_path: Path) -> None:
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "What does the dog like?"}]},
    ]
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"model": "m", "messages": messages} if wrapped else messages))
    result = explain_toy("--messages", str(path), "--response", " cold water", "--format", "json")
    assert result.exit_code == 0, result.output
    explained = json.loads(result.stdout)
    assert [m["role"] for m in explained["generation"]["prompt"]] == ["system", "user"]
    roles = {segment["role"] for segment in explained["attributions"][0]["segments"]}
    assert {"system", "user"} <= roles


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is not JSON"), ('{"a": 1}', "no list of messages"), ('["x"]', "list of texts")],
)
def test_a_file_that_holds_no_chat(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    path.write_text(content)
    result = explain_toy("--messages", str(path))
    assert result.exit_code == 1
    assert message in result.stderr


def test_how_to_generate_can_be_chosen() -> None:
    def generation(*options: str) -> dict[str, object]:
        result = explain_toy("--prompt", PROMPT, "--format", "json", *options)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)["generation"]  # type: ignore[no-any-return]

    sampled = ("--temperature", "2", "--top-p", "0.9", "--seed", "7", "--max-new-tokens", "5")
    assert generation(*sampled) == generation(*sampled)
    options = generation(*sampled)["options"]
    assert options == {"max_new_tokens": 5, "temperature": 2.0, "top_p": 0.9, "seed": 7, "stop": []}
    stopped = generation("--stop", "dog", "--stop", "\\n")
    assert stopped["finish_reason"] == "stop"
    assert stopped["options"]["stop"] == ["dog", "\n"]  # type: ignore[index]


def test_explain_tells_what_taking_parts_away_did(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    asked = ["--prompt", PROMPT, "--granularity", "word", "--prove"]
    result = explain_toy(*asked)
    assert result.exit_code == 0, result.output
    assert "times less likely" in result.stdout
    assert "the model says" in result.stdout
    result = explain_toy(*asked, "--format", "json", "--output", str(out))
    assert result.exit_code == 0, result.output
    (attribution,) = load_explanation(out)
    assert len(attribution.proofs) >= 3
    assert explain_toy("--prompt", PROMPT, "--granularity", "paragraph", "--prove").exit_code != 0


def test_explain_takes_words_away_and_lets_the_model_think_again(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    response = "The cat likes warm milk. The dog likes water"
    asked = ["--prompt", PROMPT, "--response", response, "--target", "water"]
    asked += ["--without", "like?", "--think-again", "1"]
    result = explain_toy(*asked)
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert "Without “like?”, the target is" in told
    assert "writes what stands before the target anew, the target is" in told
    result = explain_toy(*asked, "--format", "json", "--output", str(out))
    assert result.exit_code == 0, result.output
    ((proof,),) = [one.proofs for one in load_explanation(out)]
    assert proof.again is not None
    assert len(proof.again.written) == 1
    refused = explain_toy("--prompt", PROMPT, "--think-again", "1")
    assert refused.exit_code == 2
    assert "goes with --prove or --without" in " ".join(refused.output.split())


def test_explain_follows_the_answer_back_through_itself(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    response = "The cat likes warm milk. The dog likes water"
    asked = ["--prompt", PROMPT, "--response", response, "--target", "water", "--trace"]
    result = explain_toy(*asked)
    assert result.exit_code == 0, result.output
    assert "own sentences came" in result.stdout
    result = explain_toy(*asked, "--format", "json", "--output", str(out))
    assert result.exit_code == 0, result.output
    (attribution,) = load_explanation(out)
    assert attribution.trace is not None
    assert [one.role for one in attribution.trace.segments][-1] == "response"


def test_the_share_of_answers(tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    asked = [
        *("--prompt", PROMPT, "--response", " cold water", "--target", "water"),
        *("--measure", "share", "--samples", "6", "--max-new-tokens", "4"),
        *("--granularity", "word"),
    ]
    result = explain_toy(*asked, "--prove")
    assert result.exit_code == 0, result.output
    assert "percentage points of the share of answers" in " ".join(result.stdout.split())
    assert "nats" not in result.stdout
    assert "likely" not in result.stdout
    result = explain_toy(*asked, "--matching", "(?i)milk|water", "--output", str(out))
    assert result.exit_code == 0, result.output
    (found,) = load_explanation(out)
    assert found.measure == "share"
    assert found.share is not None
    assert (found.share.samples, found.share.pattern) == (6, "(?i)milk|water")
    checked = run("check", str(out))
    assert checked.exit_code == 0, checked.output
    assert "percentage points" in checked.output
    assert "nats" not in checked.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--samples", "3"],
        ["--matching", "a"],
        ["--measure", "share", "--foil", "milk"],
        ["--measure", "share", "--trace"],
        ["--measure", "share", "--prove", "--think-again", "1"],
        ["--measure", "likelihood"],
        ["--measure", "share", "--samples", "0"],
    ],
)
def test_what_does_not_go_with_a_share(arguments: list[str]) -> None:
    assert explain_toy("--prompt", PROMPT, *arguments).exit_code == 2
