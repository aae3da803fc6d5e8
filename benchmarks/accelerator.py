"""A large model with random weights on whatever accelerator there is: ratios and passes.

    python -m benchmarks.accelerator

What is said means nothing, as the weights are random; what it costs does not depend on that. It
fetches nothing: the tokenizer is made of the sample prompts.
"""

import argparse
from itertools import chain

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

from backlit import load_dataset
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.explaining.responses import respond
from backlit.model import Model
from backlit.types import Target
from benchmarks import passes, salience

ANSWER = "Recommendation: You have to try it."


def tokenizer(texts: list[str], vocabulary: int = 2_000) -> PreTrainedTokenizerFast:
    """Byte-level BPE of these texts."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    made_fast: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made, bos_token="<s>", eos_token="</s>"
    )
    return made_fast


def engine(layers: int, device: str, texts: list[str]) -> HuggingFaceEngine:
    """A model of the shape of Llama 3 8B, with fewer layers if that is asked for."""
    config = LlamaConfig(
        hidden_size=4_096,
        intermediate_size=14_336,
        num_hidden_layers=layers,
        num_attention_heads=32,
        num_key_value_heads=8,
        vocab_size=128_256,
        max_position_embeddings=8_192,
        eos_token_id=1,
        bos_token_id=0,
    )
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.bfloat16
        )
    model.eval().requires_grad_(False)
    size = sum(weight.numel() for weight in model.parameters()) / 1e9
    name = f"random {size:.1f}B bfloat16"
    return HuggingFaceEngine(model, tokenizer(texts), name, "random weights")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accelerator", description=__doc__)
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=2_000, help="of the prompt, about")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    device = torch.accelerator.current_accelerator()
    where = "cpu" if device is None else device.type
    texts = [e.prompt for e in load_dataset("sample_prompts").examples if isinstance(e.prompt, str)]
    large = engine(arguments.layers, where, texts)
    named = torch.cuda.get_device_name() if where == "cuda" else where
    prompt = "\n\n".join(texts)
    while len(large.tokenize(prompt).tokens) < arguments.tokens:
        prompt = f"{prompt}\n\n{prompt}"
    tokens = large.tokenize(prompt).tokens
    prompt = prompt[: tokens[min(arguments.tokens, len(tokens) - 1)].start]
    sequence = respond(large, prompt, ANSWER).sequence
    target = Target(sequence.prompt_length, len(sequence.tokens))
    print(f"{large.name} on {named}: {target.start} tokens, target of {target.stop - target.start}")
    model = Model(large)
    explanation = model.explain(prompt, response=ANSWER)
    print(f"{len(explanation[0].segments)} lines, map by {explanation[0].method}")
    timed = salience.lines(large.name, large, sequence, target, arguments.rounds, None)
    for line in chain(timed, passes.lines(model, explanation)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
