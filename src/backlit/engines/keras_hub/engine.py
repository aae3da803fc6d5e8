"""Any causal language model of KerasHub, on PyTorch, JAX or TensorFlow."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import keras
import numpy as np

from backlit.engines.base import Capability, EmbeddingGradient, FloatArray, GenerationStep
from backlit.engines.keras_hub.model import KerasModel
from backlit.engines.keras_hub.runtime import framework_module
from backlit.engines.keras_hub.scorer import CacheScorer, logits_close
from backlit.engines.keras_hub.tokens import KerasTokenizer, Template, end_ids
from backlit.engines.settings import NUMBERS
from backlit.engines.tokens import TokenReader
from backlit.engines.writing import Draft, annotated, log_softmax_at, write
from backlit.errors import CapabilityError
from backlit.types import GenerationOptions, Prompt, Target, TokenSequence

CACHED_STEPS_TRIED = 2

log = logging.getLogger(__name__)


class KerasHubEngine:
    """A `keras_hub.models.CausalLM` and its tokenizer; `Differentiable`.

    Gradients are by what the embedding layer puts out. Gemma multiplies that by the square root
    of its width afterwards, which the transformers engine counts as part of the layer: Grad L2
    is larger here by that factor, and everything else the same.

    Args:
        model: read, never changed but while a call runs.
        tokenizer: of KerasHub.
        name: what people call the model.
        source: where it came from, for the record.
        template: chat messages to text, if the model was made for chat.
        context_length: the most tokens it reads, if it does not say itself.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str,
        source: str,
        *,
        template: Template | None = None,
        context_length: int | None = None,
    ) -> None:
        self.name = name
        self.capabilities: frozenset[Capability] = frozenset({"generate", "score", "gradient"})
        self._model = KerasModel(model)
        if self._model.products:
            self.capabilities |= {"relevance"}
        self._scorer = CacheScorer(self._model)
        self._unsure = CACHED_STEPS_TRIED  # steps over a cache that are still to be tried
        self.vocabulary_size: int = int(model.backbone.token_embedding.input_dim)
        self.context_length = self._model.positions or context_length
        self._reader = TokenReader(
            KerasTokenizer(tokenizer, template), name, self.vocabulary_size, self.context_length
        )
        self.chat = self._reader.chat
        self._ends = end_ids(tokenizer)
        self.metadata: Mapping[str, str] = {
            "source": source,
            "engine": "keras_hub",
            "architecture": type(model).__name__,
            "dtype": self._model.dtype,
            "backend": keras.config.backend(),
            keras.config.backend(): framework_module().VERSION,
            "keras": keras.__version__,
            "keras_hub": version("keras-hub"),
            "backlit": version("backlit"),
        } | ({"inputs": "text only"} if self._model.ignored_inputs else {})

    def sampled_weights(self) -> Iterator[tuple[str, FloatArray]]:
        """See `weights_of`."""
        for number, weight in enumerate(self._model.model.weights):  # names count models made
            flat = keras.ops.reshape(weight.value, (-1,))
            numbers = flat[:: max(1, flat.shape[0] // NUMBERS)][:NUMBERS]
            found = keras.ops.convert_to_numpy(keras.ops.cast(numbers, "float32"))
            yield f"{number} {tuple(weight.shape)}", found

    # ---- reading -----------------------------------------------------------------------

    def tokenize(self, prompt: Prompt) -> TokenSequence:
        return self._reader.tokenize(prompt)

    def append(self, prompt: TokenSequence, response: str | Sequence[int]) -> TokenSequence:
        return self._reader.append(prompt, response)

    # ---- writing -----------------------------------------------------------------------

    def generate(
        self, prompt: TokenSequence, options: GenerationOptions
    ) -> Iterator[GenerationStep]:
        longest = len(prompt.tokens) + options.max_new_tokens
        cached = self._model.empty_cache(min(longest, self.context_length or longest))
        cache, room = cached or (None, 0)
        read: list[int] = []

        def next_logits(ids: Sequence[int]) -> FloatArray:  # (vocab,)
            nonlocal cache, cached
            start = len(read)
            read.extend(ids)
            if cached is None:
                return self._finite(self._model.logits(read, [len(read) - 1])[0])
            logits, cache = self._model.step(ids, start, [len(ids) - 1], cache, room)
            if start and self._unsure:  # not every family's cache gives what a whole pass does
                self._unsure -= 1
                whole = self._finite(self._model.logits(read, [len(read) - 1]))
                if not logits_close(logits, whole, self._model.dtype):
                    log.info("%s is run without a cache: it would write otherwise", self.name)
                    self._model.forget_cache()
                    cached = None
                logits = whole
            return self._finite(logits[0])

        draft = Draft(prompt, options, self._reader, self._ends)
        yield from write(draft, next_logits)

    # ---- scoring -----------------------------------------------------------------------

    def score(
        self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
    ) -> Iterator[tuple[int, FloatArray]]:
        for index, log_probs in self._scorer.score(contexts, answers):
            yield index, self._finite(log_probs)

    def annotate(self, sequence: TokenSequence) -> TokenSequence:
        ids = sequence.input_ids[:-1]
        logits = self._model.logits(ids, range(sequence.prompt_length - 1, len(ids)))
        return annotated(sequence, self._finite(logits), self._reader)

    # ---- differentiating ---------------------------------------------------------------

    def embed(self, ids: Sequence[int]) -> FloatArray:
        return self._model.embed(ids).astype(np.float64)

    def gradient(
        self,
        input_ids: Sequence[int],
        target: Target,
        *,
        shared: bool = False,
        weights: Sequence[float] | None = None,
    ) -> EmbeddingGradient:
        ids = input_ids[: target.stop - 1]  # the target's last token predicts nothing in it
        target_ids = input_ids[target.start : target.stop]
        embeddings = self.embed(ids)
        log_probs, gradient = self._model.gradient(
            ids, embeddings, target_ids, shared=shared, weights=weights
        )
        return EmbeddingGradient(
            embeddings,
            self._finite(gradient.astype(np.float64)),
            self._finite(log_probs.astype(np.float64)),
            self._model.products.notes if shared else (),
        )

    def score_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> FloatArray:
        ids, rest = self._behind(input_ids, target)
        target_ids = input_ids[target.start : target.stop]
        places = range(target.start - 1, len(ids))
        sums = []
        for context in contexts:  # (start, dim)
            logits = self._model.logits(ids, places, np.concatenate([context, rest]))
            sums.append(log_softmax_at(logits, target_ids).sum())
        return np.array(sums)

    def gradient_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        ids, rest = self._behind(input_ids, target)
        target_ids = input_ids[target.start : target.stop]
        sums, gradients = [], []
        for context in contexts:  # one at a time: a batch is no quicker, and may be cancelled less
            embeddings = np.concatenate([context, rest])  # (seq, dim)
            log_probs, gradient = self._model.gradient(ids, embeddings, target_ids)
            sums.append(log_probs.astype(np.float64).sum())
            gradients.append(gradient[: target.start].astype(np.float64))
        return np.array(sums), np.array(gradients)

    def _behind(self, input_ids: Sequence[int], target: Target) -> tuple[Sequence[int], FloatArray]:
        """The ids to run, and the embeddings of those behind the context."""
        ids = input_ids[: target.stop - 1]
        behind = ids[target.start :]
        rest = self.embed(behind) if behind else self.embed(ids[:1])[:0]
        return ids, rest

    def _finite(self, array: FloatArray) -> FloatArray:
        """The array, if the model's numbers are numbers."""
        if np.isfinite(array).all():
            return array
        raise CapabilityError(
            f"{self.name} computed what is no number (NaN or infinite) in {self._model.dtype}.",
            "Load it in float32 (--dtype float32, dtype=, or precision= in a notebook)."
            if self._model.dtype != "float32"
            else "Its weights may be broken: fetch or save them again.",
        )
