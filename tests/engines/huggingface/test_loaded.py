"""Models of transformers that are loaded already: which are taken, and why others are not."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer

import backlit
from backlit.engines import as_engine
from backlit.engines.base import Scorer, as_scorer
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.engines.huggingface.loaded import engine_of
from backlit.engines.toy import ToyEngine
from backlit.errors import BacklitError, OptionsError, PromptError, UnsupportedModelError
from backlit.testing import check_engine
from backlit.types import GenerationOptions
from tests.support import tiny

PROMPT = "The cat likes warm milk and the dog likes water."
BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
T5 = {"d_model": 32, "num_layers": 1, "num_heads": 2, "d_ff": 32, "d_kv": 16}


@pytest.fixture
def tokenizer() -> Any:
    return tiny.tokenizer("byte_level")


@pytest.fixture
def model(tokenizer: Any) -> Any:
    return tiny.model(vocab_size=len(tokenizer))


def other(auto: str, kind: str, **options: Any) -> Any:
    """A random model of another kind."""
    config = transformers.AutoConfig.for_model(kind, vocab_size=400, **options)
    return getattr(transformers, auto).from_config(config)


def log_probs(engine: Scorer, text: str = " and so on") -> list[float]:
    ids = engine.append(engine.tokenize(PROMPT), text).input_ids
    start = len(engine.tokenize(PROMPT).tokens)
    ((_, values),) = engine.score([ids[:start]], ids[start:])
    return values.tolist()  # type: ignore[no-any-return]


# ---- what is taken ---------------------------------------------------------------------------


def test_a_model_and_its_tokenizer(model: Any, tokenizer: Any) -> None:
    model.train()
    engine = as_engine(model, tokenizer)
    assert isinstance(engine, HuggingFaceEngine)
    assert engine._model is model
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())
    assert engine.metadata["source"] == "object"
    assert engine.metadata["dtype"] == "float32"
    assert "gates" in engine.capabilities
    check_engine(engine, PROMPT)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("org/Model-1B", "Model-1B"),
        ("/home/me/checkpoints/last/", "last"),
        ("C:\\models\\mine", "mine"),
        ("", "LlamaForCausalLM"),
    ],
)
def test_it_is_called_what_it_was_loaded_as(
    path: str, name: str, model: Any, tokenizer: Any
) -> None:
    model.config.name_or_path = path
    assert as_engine(model, tokenizer).name == name


def test_load_model_explains_it(model: Any, tokenizer: Any) -> None:
    loaded = backlit.load_model(model, tokenizer)
    explanation = backlit.explain(loaded, PROMPT, response=" and so on", granularity="word")
    assert explanation[0].scores.shape == (len(explanation[0].segments),)
    with pytest.raises(OptionsError, match="is loaded already"):
        backlit.load_model(model, tokenizer, dtype="float32")
    with pytest.raises(backlit.errors.DataError, match="a Python object"):
        backlit.check(explanation)


def test_a_pipeline_brings_its_tokenizer(model: Any, tokenizer: Any) -> None:
    pipeline = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    engine = as_scorer(as_engine(pipeline))
    assert log_probs(engine) == log_probs(as_scorer(as_engine(model, tokenizer)))
    assert list(engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=2)))


def test_a_processor_has_a_tokenizer(model: Any, tokenizer: Any) -> None:
    engine = as_engine(model, SimpleNamespace(tokenizer=tokenizer, image_processor=object()))
    assert engine.tokenize(PROMPT).text == PROMPT


def test_a_compiled_model_is_the_one_inside(model: Any, tokenizer: Any) -> None:
    engine = as_engine(torch.compile(model, backend="eager"), tokenizer)
    assert isinstance(engine, HuggingFaceEngine)
    assert engine._model is model


class Adapted(torch.nn.Module):
    """What PEFT makes of a model: adapters in its layers, and a wrapper around it."""

    def __init__(self, model: Any, *, prompt_learning: bool = False) -> None:
        super().__init__()
        self.base_model = model
        self.active_peft_config = SimpleNamespace(is_prompt_learning=prompt_learning)
        if not prompt_learning:
            layer = model.model.layers[0].self_attn
            layer.q_proj = LowRank(layer.q_proj)

    def get_base_model(self) -> Any:
        return self.base_model


class LowRank(torch.nn.Module):
    """A linear layer and what LoRA adds to it, Hu et al. 2021, arXiv:2106.09685."""

    def __init__(self, base: torch.nn.Linear) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(0)
        self.base_layer = base
        self.a = torch.nn.Parameter(torch.randn(base.in_features, 2, generator=random))
        self.b = torch.nn.Parameter(torch.randn(2, base.out_features, generator=random))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.base_layer(inputs) + inputs @ self.a @ self.b
        return outputs


def test_adapters_are_explained_too(model: Any, tokenizer: Any) -> None:
    plain = log_probs(as_scorer(as_engine(model, tokenizer)))
    adapted = Adapted(model)
    engine = as_engine(adapted, tokenizer)
    assert engine.metadata["architecture"] == "LlamaForCausalLM"
    assert not any(weight.requires_grad for weight in adapted.parameters())
    check_engine(engine, PROMPT)
    assert np.abs(np.subtract(log_probs(as_scorer(engine)), plain)).max() > 0.01


class Int8(torch.nn.Module):
    """A linear layer whose weight is kept as whole numbers and a scale for each row."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        scale = linear.weight.abs().amax(1, keepdim=True) / 127  # (out, 1)
        whole = (linear.weight / scale).round().to(torch.int8)  # (out, in)
        self.weight = torch.nn.Parameter(whole, requires_grad=False)
        self.scale = torch.nn.Parameter(scale.detach().half())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs @ (self.weight.to(inputs.dtype) * self.scale.to(inputs.dtype)).T


def quantised(model: Any) -> Any:
    for layer in model.model.layers:
        for name in ("gate_proj", "up_proj", "down_proj"):
            setattr(layer.mlp, name, Int8(getattr(layer.mlp, name)))
    return model


@pytest.mark.parametrize(
    ("settings", "dtype"),
    [
        (None, "float32, int8, float16"),
        ({"quant_method": "int8_rows"}, "float32, int8, float16 (int8_rows)"),
        (
            SimpleNamespace(quant_method=SimpleNamespace(value="bitsandbytes")),
            "float32, int8, float16 (bitsandbytes)",
        ),
    ],
)
def test_a_quantised_model_says_what_its_weights_are(
    settings: Any, dtype: str, model: Any, tokenizer: Any
) -> None:
    if settings is not None:
        model.config.quantization_config = settings
    engine = as_engine(quantised(model), tokenizer)
    assert engine.metadata["dtype"] == dtype
    check_engine(engine, PROMPT)


def test_shorter_floats_are_told_as_what_they_are(model: Any, tokenizer: Any) -> None:
    assert as_engine(model.bfloat16(), tokenizer).metadata["dtype"] == "bfloat16"


def test_an_engine_is_taken_as_it_is(toy: ToyEngine, tokenizer: Any) -> None:
    assert as_engine(toy) is toy
    with pytest.raises(OptionsError, match="toy brings its tokenizer"):
        as_engine(toy, tokenizer)


def test_what_is_of_no_library_is_none_of_transformers(toy: ToyEngine, tokenizer: Any) -> None:
    assert engine_of(toy, tokenizer) is None
    assert engine_of(torch.nn.Linear(2, 2), tokenizer) is None
    others: list[Any] = [torch.nn.Linear(2, 2), {}, transformers.AutoModelForCausalLM]
    for given in others:
        with pytest.raises(OptionsError, match="is no model that can be used as it is") as raised:
            as_engine(given, tokenizer)
        assert "a model of transformers" in raised.value.hint


def test_transformers_is_not_imported_to_find_out() -> None:
    code = (
        "import sys\n"
        "from backlit.engines import as_engine\n"
        "try: as_engine({})\n"
        "except Exception as error: print(type(error).__name__)\n"
        "print(sorted({'torch', 'transformers', 'keras'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == ["OptionsError", "[]"]


# ---- what is not, each with one sentence that says what to do --------------------------------


def refused(error: type[BacklitError], *arguments: Any) -> BacklitError:
    with pytest.raises(error) as raised:
        as_engine(*arguments)
    assert raised.value.hint.count(". ") == 0, "one sentence"
    assert raised.value.hint.endswith(".")
    return raised.value


def test_a_model_without_its_tokenizer(model: Any) -> None:
    error = refused(OptionsError, model)
    assert error.message == "A LlamaForCausalLM does not bring its tokenizer."
    assert error.hint == "Give it, too: load_model(model, tokenizer)."
    model.config.name_or_path = "org/name"
    assert "AutoTokenizer.from_pretrained('org/name')" in refused(OptionsError, model).hint


def test_models_without_a_head(tokenizer: Any) -> None:
    for auto in ("AutoModel", "AutoModelForSequenceClassification"):
        error = refused(UnsupportedModelError, other(auto, "llama", **tiny.SIZES), tokenizer)
        assert "has no language-model head" in error.message
        assert error.hint == "Load it with AutoModelForCausalLM."


@pytest.mark.parametrize("auto", ["AutoModelForSeq2SeqLM", "AutoModel"])
def test_an_encoder_and_a_decoder(auto: str, tokenizer: Any) -> None:
    error = refused(UnsupportedModelError, other(auto, "t5", **T5), tokenizer)
    assert "has an encoder" in error.message
    assert "models that continue a text" in error.hint


@pytest.mark.parametrize("auto", ["AutoModelForMaskedLM", "AutoModelForCausalLM"])
def test_a_masked_language_model(auto: str, tokenizer: Any) -> None:
    error = refused(UnsupportedModelError, other(auto, "bert", **BERT), tokenizer)
    assert "fills gaps in a text" in error.message


def test_a_bert_that_reads_one_way_is_taken(tokenizer: Any) -> None:
    bert = other("AutoModelForCausalLM", "bert", is_decoder=True, **BERT)
    bert.resize_token_embeddings(len(tokenizer))
    check_engine(as_engine(bert, tokenizer), PROMPT)


def test_a_pipeline_for_something_else(tokenizer: Any) -> None:
    bert = other("AutoModelForMaskedLM", "bert", **BERT)
    tokenizer.add_special_tokens({"mask_token": "<mask>"})
    pipeline = transformers.pipeline("fill-mask", model=bert, tokenizer=tokenizer)
    error = refused(UnsupportedModelError, pipeline)
    assert error.message == "A FillMaskPipeline does not continue a text."


def test_learned_prompts_are_no_tokens(model: Any, tokenizer: Any) -> None:
    error = refused(UnsupportedModelError, Adapted(model, prompt_learning=True), tokenizer)
    assert "learned vectors before the prompt" in error.message


def test_tokenizers_that_are_none(model: Any, tokenizer: Any) -> None:
    assert "is a name" not in refused(OptionsError, model, object()).message
    named = refused(OptionsError, model, "org/name")
    assert named.message == "'org/name' is the name of a tokenizer, not a tokenizer."
    assert "AutoTokenizer.from_pretrained('org/name')" in named.hint
    bare: Tokenizer = tokenizer.backend_tokenizer
    assert refused(OptionsError, model, bare).message == (
        "A Tokenizer is no tokenizer of transformers."
    )
    assert "A LlamaForCausalLM is no tokenizer" in refused(OptionsError, model, model).message


def test_a_slow_tokenizer(model: Any) -> None:
    error = refused(UnsupportedModelError, model, transformers.ByT5Tokenizer())
    assert error.message.startswith("ByT5Tokenizer is a slow tokenizer")


def test_arguments_in_the_wrong_order(model: Any, tokenizer: Any) -> None:
    for arguments in ((tokenizer, model), (tokenizer,)):
        error = refused(OptionsError, *arguments)
        assert "is a tokenizer, not a model" in error.message
        assert "load_model(model, tokenizer)" in error.hint


def test_a_name_where_a_model_should_be(tokenizer: Any) -> None:
    assert "'smollm2' is a name" in refused(OptionsError, "smollm2", tokenizer).message


# ---- whose tokenizer? ------------------------------------------------------------------------


def ids_of(model: Any, bos: int | None, eos: int | list[int] | None) -> Any:
    for config in (model.config, model.generation_config):
        config.bos_token_id, config.eos_token_id = bos, eos
    return model


@pytest.mark.parametrize(
    ("rows", "bos", "eos"),
    [
        (300, 1, 2),  # ids without an embedding
        (420, 7, 8),  # another start and another end
        (5_000, 1, 8),  # of a far larger vocabulary, with another end
        (5_000, None, [8, 9]),
    ],
)
def test_a_tokenizer_of_another_model(
    rows: int, bos: int | None, eos: int | list[int] | None, tokenizer: Any
) -> None:
    model = ids_of(tiny.model(vocab_size=rows), bos, eos)
    error = refused(OptionsError, model, tokenizer)
    assert error.message.startswith("The tokenizer is not this model's: it has ")
    assert "load_model(model, " in error.hint


@pytest.mark.parametrize(
    ("rows", "bos", "eos"),
    [
        (0, 7, 8),  # as many ids as the tokenizer has: a new model, its settings never filled in
        (0, 50_256, 50_256),  # GPT-2's, left as they were
        (64, 1, 8),  # padded; the tokenizer of a chat model ends turns, the model texts
        (64, 7, 2),
        (64, None, [9, 2]),
        (64, None, None),
        (1_000, 1, 2),
        (5_000, 1, 2),
    ],
)
def test_what_differs_among_friends(
    rows: int, bos: int | None, eos: int | list[int] | None, tokenizer: Any
) -> None:
    model = ids_of(tiny.model(vocab_size=len(tokenizer) + rows), bos, eos)
    assert as_engine(model, tokenizer).tokenize(PROMPT).text == PROMPT


def test_tokens_added_to_the_tokenizer_alone(model: Any, tokenizer: Any) -> None:
    """As in Gemma 3, whose tokenizer has one for pictures that its smaller models do not."""
    tokenizer.add_special_tokens({"additional_special_tokens": ["<picture>"]})
    engine = as_engine(model, tokenizer)
    assert engine.tokenize(PROMPT).text == PROMPT
    with pytest.raises(PromptError, match="no embedding for the token '<picture>'"):
        engine.tokenize("A <picture> of milk")
