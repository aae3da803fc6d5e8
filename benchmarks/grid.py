"""A grid against its cells one by one: the same answers, and the same lines taken away."""

from collections.abc import Iterator

from backlit import Model, load_dataset, load_model
from backlit.explaining.grids import as_examples
from backlit.explaining.templates import filled
from backlit.explaining.variants import with_principles
from backlit.explanation import Variant
from benchmarks.timing import Line, seconds

DISHES = [
    "tomato soup with basil", "roast duck", "lentil stew", "apple pie", "grilled trout",
    "mushroom risotto", "beef tacos", "rice pudding", "spinach lasagne", "onion tart",
    "pea soup with mint", "lamb curry", "potato gratin", "plum cake", "fried squid",
    "bean salad", "chicken pie", "noodle soup", "egg sandwich", "lemon sorbet",
]  # fmt: skip
PRINCIPLES = ["Be brief.", "Never praise a dish that has meat."]
WRITTEN = 24  # new tokens of a cell


def run(name: str) -> Iterator[Line]:
    """Three variants of `fewshot-mistake` for twenty dishes."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    assert isinstance(example.prompt, str)
    *before, _, _ = example.prompt.splitlines()
    template = "\n".join([*before, "Dish: {dish}", "Analysis:"])
    first, second, _ = with_principles(template, PRINCIPLES)
    variants = [Variant("as it is", template), first, second]
    yield line(load_model(name, device="cpu"), variants)


def line(model: Model, variants: list[Variant]) -> Line:
    """The grid's time as a part of that of its cells, on a model that knows nothing of them."""
    options = {"max_new_tokens": WRITTEN}
    rows = [{"dish": dish} for dish in DISHES]

    def one_by_one() -> None:
        for variant in variants:
            for example in as_examples(rows):
                answered = model.generate(filled(variant.template, example), options=options)
                model.explain(answered, method="occlusion", granularity="line")

    whole = seconds(lambda: load_model(model.engine).grid(variants, rows, options=options))
    cells = seconds(one_by_one)
    what = f"{model.name}: a grid of {len(variants)} x {len(rows)} / its cells one by one"
    return Line(what, whole / cells, 0.6)
