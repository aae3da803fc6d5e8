"""Any causal language model of transformers, on PyTorch.

What is never done: decode a response and tokenize it again, run what comes after the target,
compute logits where no target stands, or ask for the gradient of a weight.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import (
    disable_progress_bar,
    enable_progress_bar,
    is_progress_bar_enabled,
)

from backlit.engines.base import Capability, FloatArray, GenerationStep
from backlit.engines.huggingface.gradients import Gradients
from backlit.engines.huggingface.model import CausalModel
from backlit.engines.huggingface.opening import opening_error
from backlit.engines.huggingface.scorer import TreeScorer
from backlit.engines.huggingface.tokens import HuggingFaceTokenizer
from backlit.engines.huggingface.tree_writer import groups, write_together
from backlit.engines.settings import NUMBERS
from backlit.engines.tokens import TokenReader
from backlit.engines.writing import Draft, annotated, write
from backlit.errors import OptionsError, UnsupportedModelError
from backlit.types import GenerationOptions, Prompt, Span, TokenSequence


def load(
    folder: Path,
    name: str,
    source: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    device_map: str | Mapping[str, Any] | None = None,
    trust_remote_code: bool = False,
) -> "HuggingFaceEngine":
    """Open a local Hugging Face folder.

    Args:
        folder: with config.json, safetensors and a tokenizer.
        name: what people call the model.
        source: where it came from, for the record.
        device: `cuda`, `mps`, `cpu`; the best there is when left out.
        dtype: `float32`, `bfloat16`, `float16`; float32 on CPU and bfloat16 elsewhere when
            left out.
        device_map: handed to transformers, for models larger than one device.
        trust_remote_code: run Python code that the folder brings along.

    Raises:
        OptionsError: no such device or dtype.
        UnsupportedModelError: transformers can't open it as a causal language model, or it needs
            code of its own that is not trusted.
        IntegrityError: its weights are damaged.
        CapabilityError: memory ran out.
    """
    chosen = _device(device) if device_map is None else None
    precision = _dtype(dtype, chosen)
    common = {"trust_remote_code": trust_remote_code, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **common)
        with _without_bar():
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=precision, use_safetensors=True, device_map=device_map, **common
            )
    except Exception as error:  # of many libraries, and what a broken file leads them to
        raise opening_error(error, name, folder) from error
    if not getattr(tokenizer, "is_fast", False):
        raise UnsupportedModelError(
            f"{name} has no fast tokenizer, so its tokens can't be found in the text.",
            "Save the model's folder again with a tokenizer.json.",
        )
    if chosen is not None:
        model.to(chosen)
    return HuggingFaceEngine(model, tokenizer, name, source)


@contextmanager
def _without_bar() -> Iterator[None]:
    """Keep transformers from showing a bar of its own: how far loading is, we tell."""
    shows = is_progress_bar_enabled()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shows:
            enable_progress_bar()  # type: ignore[no-untyped-call]


class HuggingFaceEngine(Gradients):
    """A loaded model and its tokenizer; `Differentiable` and `Gated`.

    The model is put into eval mode and its weights are frozen.

    Args:
        model: a causal language model of transformers.
        tokenizer: its fast tokenizer.
        name: what people call the model.
        source: where it came from, for the record.
        dtype: of its weights, for the record; left out, what it computes in.
    """

    def __init__(
        self, model: Any, tokenizer: Any, name: str, source: str, dtype: str | None = None
    ) -> None:
        super().__init__(CausalModel(model))
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._scorer = TreeScorer(self._causal)
        self.capabilities: frozenset[Capability] = frozenset({"generate", "score", "gradient"})
        if self._scorer.reuse:
            self.capabilities |= {"gates", "batch"}
        if self._products:
            self.capabilities |= {"relevance"}
        self.vocabulary_size: int = self._causal.embedding.weight.shape[0]
        self.context_length: int | None = getattr(
            self._causal.config, "max_position_embeddings", None
        )
        self._reader = TokenReader(
            HuggingFaceTokenizer(tokenizer), name, self.vocabulary_size, self.context_length
        )
        self.chat = self._reader.chat
        self._ends = _end_ids(model, tokenizer)
        self.metadata: Mapping[str, str] = {
            "source": source,
            "engine": "huggingface",
            "architecture": type(model).__name__,
            "dtype": dtype or str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "backlit": version("backlit"),
        }

    def sampled_weights(self) -> Iterator[tuple[str, FloatArray]]:
        """See `weights_of`."""
        return self._causal.sampled_weights(NUMBERS)

    # ---- reading -----------------------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        return self._reader.tokenize(prompt)

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        return self._reader.append(prompt, response)

    # ---- writing -----------------------------------------------------------------------

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        cache: Any = None

        @torch.inference_mode()
        def next_logits(ids: Sequence[int]) -> FloatArray:  # (vocab,)
            nonlocal cache
            remembered = {self._causal.memory: cache}
            inputs = self._causal.tensor([ids])
            logits, cache = self._causal.run(1, input_ids=inputs, use_cache=True, **remembered)
            last: FloatArray = logits[0, -1].float().cpu().numpy()
            return last

        return write(Draft(prompt, options, self._reader, self._ends), next_logits)

    def generate_batch(
        self, prompts: Sequence[TokenSequence], options: Sequence[GenerationOptions]
    ) -> Iterator[tuple[int, GenerationStep]]:
        written = [one.max_new_tokens for one in options]
        for group in groups([one.input_ids for one in prompts], written):
            if len(group) == 1:
                yield from (
                    (group[0], s) for s in self.generate(prompts[group[0]], options[group[0]])
                )
                continue
            drafts = [Draft(prompts[i], options[i], self._reader, self._ends) for i in group]
            for number, step in write_together(self._causal, drafts):
                yield group[number], step

    # ---- scoring -----------------------------------------------------------------------

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        return self._scorer.score(contexts, *answers)

    def score_batch(
        self, contexts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, FloatArray]]:
        return self._scorer.score_batch(contexts, answers)

    def knock_out(
        self, context: Sequence[int], spans: Sequence[Span], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        return self._scorer.knock_out(context, spans, *answers)

    @torch.inference_mode()
    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        count = len(sequence.tokens) - sequence.prompt_length
        inputs = self._causal.tensor([sequence.input_ids[:-1]])  # (1, seq - 1)
        logits = self._causal.logits(count, input_ids=inputs)[0].cpu().numpy()  # (count, vocab)
        return annotated(sequence, logits, self._reader)


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    several = {*ends} if isinstance(ends, list | tuple) else {ends}
    return frozenset(end for end in several | {tokenizer.eos_token_id} if isinstance(end, int))


def _device(asked: str | None) -> torch.device:
    if asked is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(asked)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise OptionsError(
            f"The device {asked!r} can't be used here: {str(error).splitlines()[0]}",
            "Leave the device out, or use cpu.",
        ) from error
    return device


def _dtype(asked: str | None, device: torch.device | None) -> torch.dtype:
    names = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if asked is None:
        on_cpu = device is not None and device.type == "cpu"
        return torch.float32 if on_cpu else torch.bfloat16
    if asked not in names:
        raise OptionsError(f"There is no dtype {asked!r}.", f"Use one of {', '.join(names)}.")
    return names[asked]
