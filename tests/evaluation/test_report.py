"""An evaluation as Markdown and as a picture."""

from collections import Counter
from xml.etree import ElementTree

import pytest

from backlit.evaluation.plot import plot
from backlit.evaluation.ranking import CHANCE, Evaluation, MethodRanking, Score
from backlit.evaluation.report import table

SVG = "{http://www.w3.org/2000/svg}"


def ranking(method: str, ranks: list[float], passes: float = 3, **known: float) -> MethodRanking:
    row = MethodRanking(method, "line")
    row.scores += [Score("needle", rank, None, passes, 0.5, **known) for rank in ranks]
    return row


@pytest.fixture
def evaluation() -> Evaluation:
    good = ranking("gate_relevance", [1, 1, 1, 1], lost_per_token=0.25, percentile=90)
    good.scores += [Score("or_pair", 1, True, 3, 0.5), Score("two_hop", 2, None, 3, 0.5)]
    slow = ranking("shapley", [1, 2], passes=100)
    chance = ranking(CHANCE, [3] * 40)
    broken = MethodRanking("lime", "line", refused=Counter({"It has too few segments.": 1}))
    traced = MethodRanking("gate_relevance", "line", [Score("two_hop", 1, None, 6, 1.0)])
    return Evaluation(
        "toy",
        (good, slow, broken, chance),
        traced,
        Counter({"needle": 4, "or_pair": 1, "two_hop": 1}),
        Counter({"needle": 2, "canary": 3}),
        measured=2,
    )


def test_the_table_has_a_row_for_each_method(evaluation: Evaluation) -> None:
    lines = list(table(evaluation))
    assert lines[0].startswith("**toy**: 6 of 11 prompts count.")
    assert (
        "| line | `gate_relevance` | 5 | 100% (57%-100%) | 1.00 | 100% of 1 | 0.25 | 90 | 3 | 0.5 |"
        in lines
    )
    assert "| line | `shapley` | 2 | 50% (9%-91%) | 0.75 | - | - | - | 100 | 0.5 |" in lines
    assert "| line | `lime` | 0 | It has too few segments. | - | - | - | - | - | - |" in lines
    assert f"| line | {CHANCE} | - | 0% | 0.33 | - | - | - | 3 | 0.5 |" in lines
    assert len({line.count("|") for line in lines if line.startswith("| line")}) == 1


def test_kinds_are_told_of_methods_that_ran_on_all_and_two_hops_apart(
    evaluation: Evaluation,
) -> None:
    lines = list(table(evaluation))
    start = lines.index("| kind | count | `gate_relevance` |")
    assert lines[start + 2 : start + 6] == [
        "| canary | 0 of 3 | - |",
        "| needle | 4 of 6 | 4 of 4 |",
        "| or_pair | 1 of 1 | 1 of 1 |",
        "| two_hop | 1 of 1 | 0 of 1 |",
    ]
    assert lines[-1] == "100% (21%-100%) of 1 `two_hop` prompts."


def test_the_picture_has_a_point_for_each_method_and_model(evaluation: Evaluation) -> None:
    drawn = ElementTree.fromstring(plot([evaluation, evaluation]))
    titles = [title.text for title in drawn.iter(f"{SVG}title")]
    assert (
        titles
        == [
            "gate_relevance, toy: 100% (57%-100%)",
            "shapley, toy: 50% (9%-91%)",
        ]
        * 2
    )
    places = [float(dot.attrib["cx"]) for dot in drawn.iter(f"{SVG}circle")]
    assert places[0] < places[1]  # it costs less
    heights = [float(dot.attrib["cy"]) for dot in drawn.iter(f"{SVG}circle")]
    assert heights[0] < heights[1]  # it is right more often
    names = [text.text for text in drawn.iter(f"{SVG}text")]
    assert "shapley" in names
    assert "forward passes" in names


def test_names_of_methods_that_cost_the_same_do_not_lie_on_each_other() -> None:
    rows = tuple(ranking(name, [1, 1]) for name in ("a", "b", "c"))
    counted = Counter({"needle": 2})
    same = Evaluation("toy", rows, MethodRanking("a", "line"), counted, Counter(), 0)
    drawn = ElementTree.fromstring(plot([same]))
    heights = [
        float(text.attrib["y"]) for text in drawn.iter(f"{SVG}text") if text.text in set("abc")
    ]
    assert len(heights) == 3
    assert min(abs(a - b) for a in heights for b in heights if a != b) >= 12
