"""The sample prompts that come with Backlit, as the bytes of a JSON Lines file.

Three judge a dish against what a guest enjoys and dislikes: in `fewshot-mistake` one example
recommends the very thing its analysis warns of, `fewshot-fixed` fixes that line, and
`fewshot-constitution` puts two principles above the fixed examples. The rest are word
problems, headlines and brainstorming.
"""

from importlib.resources import files

SAMPLE_PROMPTS = "sample_prompts"


def sample_bytes() -> bytes:
    """The packaged file, rows as in any dataset."""
    return files("backlit.data").joinpath(f"{SAMPLE_PROMPTS}.jsonl").read_bytes()
