"""What holds on average, of scores that are made and of a batch of the toy's."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import backlit
from backlit.batch import Batch, explain_dataset
from backlit.batch.averages.effect import Section, VariantSummary
from backlit.batch.averages.summarizing import summarize
from backlit.batch.averages.summary import FORMS, Summary
from backlit.batch.averages.wanted import Wanted
from backlit.batch.job import Job
from backlit.batch.tables import RUN_COLUMNS, SCORE_COLUMNS
from backlit.display.speech import speaking
from backlit.errors import DataError, OptionsError, PatternError, UnknownNameError
from backlit.explaining.asked import TypedPattern
from backlit.explanation import Explanation
from backlit.explanation.cell import Variant
from backlit.types import Message

LINES = [f"Line {number}" for number in range(1, 9)]
BASE = Variant("base", "\n".join(LINES))
FIRST = Wanted()
MORE = Variant("more", "\n".join(["On top", *LINES]))


@pytest.fixture(scope="module")
def explanations() -> Mapping[str, Explanation]:
    """One by a signed method, one by a method without a sign."""
    return {
        method: backlit.explain("toy", "The cat likes", response=" milk", method=method)
        for method in ("occlusion", "grad_l2", "shapley")
    }


@pytest.fixture(scope="module")
def told(explanations: Mapping[str, Explanation]) -> Any:
    """Summarize scores: of each variant a table of rows and lines, nan where there is none."""

    def summary(
        scores: Mapping[str | None, Any],
        wanted: Wanted = FIRST,
        *,
        method: str = "occlusion",
        answers: Sequence[str] = (),
        variants: Sequence[Variant] = (BASE,),
        **columns: Any,
    ) -> Summary:
        runs, rows = [], []
        for name, table in scores.items():
            for number, of_row in enumerate(np.atleast_2d(np.asarray(table, dtype=float))):
                run = f"{name}-{number}"
                there = np.flatnonzero(~np.isnan(of_row)).tolist()
                answer = answers[number % len(answers)] if answers else ""
                runs.append(
                    {
                        "run": run,
                        "row": f"r{number}",
                        "variant": name,
                        "status": "done" if there else "unmatched",
                        "answer": answer,
                    }
                )
                rows += [
                    {
                        "run": run,
                        "row": f"r{number}",
                        "variant": name,
                        "method": method,
                        "granularity": "line",
                        "segment": at,
                        "start": at,
                        "stop": at + 1,
                        "role": "prompt",
                        "line": at + 1,
                        "text": f"Text {at}\n",
                        "score": of_row[at],
                        "measure": "log_prob",
                        **{key: value(number, at) for key, value in columns.items()},
                    }
                    for at in there
                ]
        return summarize(
            Job(variants=tuple(variants)),
            {"data": {"name": "made"}},
            pa.Table.from_pylist(runs, RUN_COLUMNS),
            pa.Table.from_pylist(rows, SCORE_COLUMNS),
            lambda run: explanations[method],
            wanted,
        )

    return summary


def planted(rows: int = 20, at: int = 2, size: float = 3.0, seed: int = 0) -> Any:
    scores = np.random.default_rng(seed).normal(0, 0.3, (rows, len(LINES)))
    scores[:, at] += size
    return scores


def by_part(one: VariantSummary) -> dict[str, Any]:
    return {effect.part.name: effect for effect in one.effects}


# ---- what is found ---------------------------------------------------------------------------


def test_a_planted_line_did_it(told: Any) -> None:
    scores = planted()
    scores[4, 2] = -1.0
    found = told({"base": scores})
    effects = by_part(found.variants[0])
    did = effects["line 3"]
    assert did.mean.value == pytest.approx(scores[:, 2].mean())
    assert did.mean.low < did.mean.value < did.mean.high
    assert (did.mean.of, did.opposite, did.part.line.text) == (20, ("r4",), "Line 3")
    assert did.corrected < 0.01
    assert did.p_value <= did.corrected
    assert did.mean.value > did.high
    assert [name for name, one in effects.items() if one.stands_out] == ["line 3"]
    assert re.fullmatch(
        r"base: line 3, “Line 3” does the most: without it the target is \d+ times less likely "
        r"\([\d.]+ nats, [\d.]+ to [\d.]+; 20 rows\), but the other way round in 1 row \(r4\)\.",
        found.sentence,
    )
    assert any("8 parts were looked at together" in note for note in found.notes)


def test_where_nothing_matters_that_is_said(told: Any) -> None:
    found = told({"base": planted(size=0.0)})
    assert found.sentence == "base: none of 8 parts stands out from a random order."


def test_what_speaks_against_it(told: Any) -> None:
    found = told({"base": planted(size=-3.0)}).sentence
    assert "none of its parts speaks for the target more than by chance; line 3, “Line 3” " in found
    assert "times more likely" in found


def test_several_that_stand_out_are_named(told: Any) -> None:
    scores = planted(rows=60)
    scores[:, 4] += 2.5
    assert "; line 5 stands out, too." in told({"base": scores}).sentence


def test_a_mean_that_few_rows_make_is_named_last(told: Any) -> None:
    scores = planted(rows=30, size=2.0)
    scores[:, 4] = -0.1
    scores[::3, 4] = 9.0
    found = told({"base": scores})
    few, most = (by_part(found.variants[0])[name] for name in ("line 5", "line 3"))
    assert few.mean.value > most.mean.value
    assert (few.is_mixed, most.is_mixed) == (True, False)
    assert found.sentence.startswith("base: line 3, “Line 3” does the most")
    assert "; line 5 stands out, too." in found.sentence


def test_the_line_that_asks_is_in_the_table_but_in_no_sentence(told: Any) -> None:
    found = told({"base": planted(at=7)})
    effect = by_part(found.variants[0])["line 8"]
    assert effect.asks
    assert effect.stands_out
    assert "line 8" not in found.sentence


def test_another_method_is_no_loss(told: Any) -> None:
    found = told({"base": planted()}, method="shapley").sentence
    assert re.search(
        r"does the most: its mean is \+[\d.]+ \([\d.]+ to [\d.]+; nats; 20 rows", found
    )


def test_a_method_without_a_sign_has_no_opposite_rows(told: Any) -> None:
    found = told({"base": np.abs(planted())}, method="grad_l2")
    assert not any(effect.opposite for effect in found.variants[0].effects)
    assert "opposite" not in found.tables[1].header
    assert "+" not in found.sentence
    assert "nats per unit of embedding" in found.sentence
    assert any("no sign" in note for note in found.notes)


def test_percentage_points_are_said(told: Any) -> None:
    found = told({"base": 10 * planted()}, measure=lambda row, at: "share")
    assert "percentage points; 20 rows" in found.sentence
    assert re.search(r"its mean is \+\d+\.\d \(", found.sentence), "with one decimal"


def test_bounds_are_said_and_weigh(told: Any) -> None:
    def bound(row: int, at: int) -> str | None:
        return "at_least" if at == 2 and row < 3 else "at_most" if at == 4 else None

    scores = planted()
    scores[:, 4] += 3.0
    scores[0, 2] = -1.0
    found = told({"base": scores}, bound=bound)
    effects = by_part(found.variants[0])
    assert (effects["line 3"].mean.bound, effects["line 5"].mean.bound) == ("at_least", "at_most")
    assert effects["line 3"].stands_out
    assert not effects["line 5"].stands_out, "it may be 0"
    assert effects["line 3"].opposite == (), "of r0 it is at least -1, which may be above 0"
    assert "at least" in found.sentence
    assert any("Some scores are bounds" in note for note in found.notes)


def test_rows_without_the_line_or_without_a_map(told: Any) -> None:
    scores = planted()
    scores[:5, 6] = np.nan
    scores[7] = np.nan
    one = told({"base": scores}).variants[0]
    assert by_part(one)["line 7"].mean.of == 14
    assert (one.runs, one.mapped) == (20, 19)
    assert one.unmatched.value == 1 / 20
    sentence = told({"base": scores}).sentence
    assert "no map of 1 of 20 runs (1 without such words, 0 failed)" in sentence


def test_one_row_tells_of_no_other(told: Any) -> None:
    found = told({"base": planted(rows=1)})
    effect = by_part(found.variants[0])["line 3"]
    assert (effect.mean.low, effect.mean.high, effect.stands_out) == (None, None, False)
    assert found.sentence == ("base: one row alone has a map, which tells nothing of others.")
    assert "–" in found.to_markdown()
    ElementTree.fromstring(found.to_svg())


def test_few_rows_are_said(told: Any) -> None:
    assert any("Of fewer than 10 rows" in note for note in told({"base": planted(rows=9)}).notes)
    assert not any("Of fewer" in note for note in told({"base": planted(rows=10)}).notes)


def test_a_variant_without_a_map_says_so(told: Any) -> None:
    found = told({"base": planted(), "more": np.full((3, 8), np.nan)}, variants=(BASE, MORE))
    assert found.sentences[1] == (
        "more: nothing was measured; no map of 3 of 3 runs (3 without such words, 0 failed)."
    )
    assert len(found.tables) == 2
    ElementTree.fromstring(found.to_svg())


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.just(8)),
        elements=st.one_of(st.just(np.nan), st.floats(-1e6, 1e6, width=32)),
    ).filter(lambda scores: not np.isnan(scores).all()),
    st.sampled_from(["occlusion", "grad_l2"]),
)
@settings(max_examples=25, deadline=None)
def test_any_scores_are_told(told: Any, scores: Any, method: str) -> None:
    found = told({"base": scores}, method=method)
    read = json.loads(found.to_json())
    assert len(read["variants"][0]["effects"]) == (~np.isnan(scores)).any(axis=0).sum()
    assert "NaN" not in found.to_json()
    ElementTree.fromstring(found.to_svg())
    assert "nan" not in found.to_svg()
    assert "nan" not in found.to_markdown()


# ---- parts -----------------------------------------------------------------------------------


def test_pieces_of_a_line_are_summed_and_a_row_counts_once(told: Any) -> None:
    scores = planted()
    whole = told({"base": scores}, line=lambda row, at: at // 2 + 1)
    effects = by_part(whole.variants[0])
    assert list(effects) == ["line 1", "line 2", "line 3", "line 4"]
    assert effects["line 2"].mean.value == pytest.approx((scores[:, 2] + scores[:, 3]).mean())
    assert effects["line 2"].mean.of == 20


def test_sections_follow_their_lines_into_other_variants(told: Any) -> None:
    wanted = Wanted(sections=(Section("first", 1, 3), Section("second", 4, 5)))
    more = np.concatenate([np.zeros((20, 1)), planted()], axis=1)  # a line on top
    found = told({"base": planted(), "more": more}, wanted, variants=(BASE, MORE))
    for one in found.variants:
        effects = by_part(one)
        assert set(effects) == {"first", "second", "all other lines"}
        assert effects["first"].mean.value == pytest.approx(planted()[:, :3].sum(axis=1).mean())
        assert effects["first"].stands_out
    assert "its mean is +" in found.sentence, "which is no loss of all of its lines"
    assert any("sum of what its pieces score" in note for note in found.notes)
    assert found.by == "section"


def test_sections_of_a_chat_are_of_a_message(told: Any) -> None:
    template = (Message("system", "Be kind.\nBe brief."), Message("user", "A\nB\nC"))
    wanted = Wanted(sections=(Section("rules", 1, 2, 1), Section("question", 2, 3, 2)))
    found = told(
        {"base": planted()[:, :5]},
        wanted,
        variants=(Variant("base", template),),
        message=lambda row, at: 1 if at < 2 else 2,
        line=lambda row, at: at + 1 if at < 2 else at - 1,
    )
    effects = by_part(found.variants[0])
    assert effects["rules"].mean.value == pytest.approx(planted()[:, :2].sum(axis=1).mean())
    assert effects["question"].mean.value == pytest.approx(planted()[:, 3:5].sum(axis=1).mean())
    assert set(effects) == {"rules", "question", "all other lines"}


def test_parts_by_role(told: Any) -> None:
    def role(row: int, at: int) -> str:
        return "template" if at == 7 else "user" if at < 4 else "assistant"

    def line(row: int, at: int) -> int | None:
        return None if at > 5 else at + 1

    found = told({"base": planted()}, Wanted(by="role"), role=role, line=line)
    effects = by_part(found.variants[0])
    assert set(effects) == {"user", "assistant"}
    assert effects["assistant"].mean.value == pytest.approx(planted()[:, 4:7].sum(axis=1).mean())


def test_without_variants_a_line_that_all_rows_have_has_its_text(told: Any) -> None:
    text = {1: lambda row: f"own {row}"}
    found = told(
        {None: planted()},
        variants=(),
        text=lambda row, at: text[at](row) if at in text else f"Text {at}\n",
    )
    words = {effect.part.name: effect.part.words for effect in found.variants[0].effects}
    assert (words["line 1"], words["line 2"]) == ("Text 0", "")
    assert found.sentence.startswith("line 3, “Text 2” does the most")
    assert found.variants[0].name is None


def test_of_a_method_that_was_given_twice_the_first_map_counts(told: Any) -> None:
    twice = np.concatenate([planted(), 100 * planted()], axis=1)
    again = told(
        {"base": twice},
        segment=lambda row, at: at % 8,
        line=lambda row, at: at % 8 + 1,
    )
    assert by_part(again.variants[0])["line 3"].mean.value == pytest.approx(planted()[:, 2].mean())


# ---- answers ---------------------------------------------------------------------------------


def test_the_share_of_answers_and_its_difference(told: Any) -> None:
    scores = {"base": planted(), "more": planted()}
    variants = (BASE, Variant("more", BASE.template))
    found = told(scores, Wanted(find="yes"), variants=variants, answers=["yes", "no", "no", "no"])
    first, second = found.variants
    assert (first.found.value, first.found.of) == (0.25, 20)
    assert (second.gained.value, found.find) == (0.0, "“yes”")
    assert first.gained.value == 0.0
    assert "“yes” is in 5 of 20 answers (11 to 47 %)" in found.sentence
    assert "as often as with base" in found.sentences[1]
    pattern = told(scores, Wanted(find=re.compile("^n")), variants=variants, answers=["yes", "no"])
    assert pattern.variants[0].found.value == 0.5
    assert pattern.find == "/^n/"


def test_a_pattern_that_takes_too_long(told: Any) -> None:
    slow = Wanted(find=TypedPattern(r"(a|a)+b"))
    with pytest.raises(PatternError, match="took longer"):
        told({"base": planted(rows=2)}, slow, answers=["a" * 60])


# ---- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        ({"method": "lime"}, UnknownNameError, "by the method 'lime'"),
        ({"granularity": "word"}, UnknownNameError, "by the granularity 'word'"),
        ({"by": "word"}, OptionsError, "no parts by 'word'"),
        ({"by": "section"}, OptionsError, "go together"),
        ({"by": "line", "sections": (Section("a", 1, 2),)}, OptionsError, "go together"),
        ({"sections": (Section("a", 90, 99),)}, UnknownNameError, "section a, lines 90 to 99"),
        ({"sections": (Section("a", 1, 2, 1),)}, UnknownNameError, "section a"),
        ({"sections": (Section("a", 3, 2),)}, OptionsError, "lines 3 to 2"),
        ({"sections": (Section("", 1, 2),)}, OptionsError, "names of their own"),
        ({"sections": (Section("a", 1, 2), Section("a", 3, 4))}, OptionsError, "of their own"),
        ({"sections": (Section("a", 1, 2), Section("b", 2, 4))}, OptionsError, "in common"),
        ({"find": 3}, OptionsError, "int can't be looked for"),
    ],
)
def test_what_can_not_be_told(told: Any, wanted: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        told({"base": planted()}, Wanted(**wanted))
    assert caught.value.hint


def test_a_batch_without_a_map(told: Any) -> None:
    with pytest.raises(DataError, match="no map in this batch: of 2 runs, 0 failed, and 2 have"):
        told({"base": np.full((2, 8), np.nan)})


# ---- as files --------------------------------------------------------------------------------


@pytest.fixture
def whole(told: Any) -> Summary:
    found = told(
        {"base <b>|": planted(), "more": np.concatenate([np.zeros((20, 1)), planted()], axis=1)},
        Wanted(find="a|b"),
        variants=(Variant("base <b>|", BASE.template), MORE),
        answers=["a|b", "-"],
    )
    assert isinstance(found, Summary)
    return found


def test_as_json(whole: Summary) -> None:
    read = json.loads(whole.to_json())
    assert read["sentence"] == whole.sentence
    assert [one["name"] for one in read["variants"]] == ["base <b>|", "more"]
    line = read["variants"][0]["effects"][2]
    effect = whole.variants[0].effects[2]
    assert (line["part"], line["line"], line["text"]) == ("line 3", 3, "Line 3")
    assert line["mean"]["value"] == effect.mean.value
    assert (line["chance"], line["stands_out"]) == ([effect.low, effect.high], True)


def test_as_markdown(whole: Summary) -> None:
    text = whole.to_markdown()
    assert text.startswith("## What holds on average: made, toy\n")
    assert "<b>" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {9, 10}
    found = re.search(r"^\| \*\*line 3\*\* \| \*\*Line 3\*\* \| \*\*\+2.95\*\* \|", text, re.M)
    assert found, "what stands out is bold"
    assert "\n| line 4 | Line 4 | " in text
    assert "corrected (Holm)" in text.replace("\\", "")


def test_as_a_picture(whole: Summary) -> None:
    root = ElementTree.fromstring(whole.to_svg())
    name = "{http://www.w3.org/2000/svg}"
    circles = [one.get("class") for one in root.iter(f"{name}circle")]
    assert len(circles) == 1 + 8 + 9, "the key's, and one of each line"
    assert circles[1:].count("for") == 2
    assert "prefers-color-scheme: dark" in whole.to_svg()
    titles = [one.text or "" for one in root.iter(f"{name}title")]
    assert any(title.startswith("line 3, “Line 3”: +2.95 (") for title in titles)


def test_a_dot_is_within_its_interval_and_the_picture(whole: Summary) -> None:
    root = ElementTree.fromstring(whole.to_svg())
    name = "{http://www.w3.org/2000/svg}"
    width = float(root.get("width", ""))
    seen = 0
    for group in root.iter(f"{name}g"):
        paths, dots = group.findall(f"{name}path"), group.findall(f"{name}circle")
        if not group.findall(f"{name}title"):
            continue
        found = re.fullmatch(r"M([\d.]+) [\d.]+H([\d.]+)", paths[0].get("d", ""))
        assert found is not None
        low, high = map(float, found.groups())
        assert 0 < low <= float(dots[0].get("cx", "")) <= high < width
        seen += 1
    assert seen == 17


def test_as_a_page(whole: Summary) -> None:
    text = whole.to_html()
    assert "<script" not in text
    assert "base &lt;b&gt;|" in text
    assert not re.search(r'(?:src|href)="', text), "it asks nothing of anybody"
    assert text.count("<table>") == 3
    assert "<svg" in text


@pytest.mark.parametrize("ending", FORMS)
def test_it_is_saved_as_its_name_says(whole: Summary, ending: str, tmp_path: Path) -> None:
    whole.save(tmp_path / f"found{ending}")
    assert (tmp_path / f"found{ending}").read_text("utf-8") == whole.written(FORMS[ending])


def test_another_ending_is_refused(whole: Summary, tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"found\.docx"):
        whole.save(tmp_path / "found.docx")
    assert not list(tmp_path.iterdir())


def test_in_turkish(told: Any) -> None:
    with speaking("tr"):
        found = told({"base": planted()}, Wanted(find="x"), answers=["x", "y"])
        text = f"{found}\n{found.to_html()}"
    assert "base: en çok iş gören 3. satır, “Line 3”: o olmadan hedef " in text
    assert "20 kayıt" in text
    assert 'lang="tr"' in text
    assert not re.search(r"\b(rows|chance|the|by)\b", text.split("<style>")[0])


# ---- a batch ---------------------------------------------------------------------------------


LINES_OF_ZOO = ["The cat likes warm milk.", "The dog likes cold water.", "The {animal} likes"]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return explain_dataset(
        "toy",
        [{"id": name, "animal": name} for name in ("cat", "dog", "bird", "fish")]
        + [{"id": "none"}],
        tmp_path_factory.mktemp("zoo") / "runs",
        variants={
            "known": "\n".join(LINES_OF_ZOO),
            "cat": "The cat likes warm milk.\nThe {animal} likes",
        },
        method=["occlusion", "grad_l2"],
        granularity=["line", "word"],
        target_pattern=r"[a-z]+",
        check=True,
        options={"max_new_tokens": 4},
        progress=False,
    )


def test_a_batch_is_summarized_as_its_runs_say(zoo: Batch) -> None:
    found = zoo.summary(find="milk")
    assert (found.of.method, found.of.granularity, found.model) == ("occlusion", "line", "toy")
    known, cat = found.variants
    assert (known.runs, known.mapped, round(known.failed.value * 5)) == (5, 4, 1)
    maps = [zoo[number][0] for number in range(0, 8, 2)]
    means = np.mean([one.scores[:3] for one in maps], axis=0)
    assert [effect.mean.value for effect in known.effects] == pytest.approx(means)
    assert [effect.part.words for effect in known.effects] == LINES_OF_ZOO
    assert (known.found.value, cat.found.value) == (0.0, 1.0)  # type: ignore[union-attr]
    assert cat.gained is not None
    assert (cat.gained.value, cat.gained.high) == (1.0, 1.0)
    assert cat.gained.low == pytest.approx(0.31, abs=0.01), "Newcombe's: no row differs otherwise"
    assert "no map of 1 of 5 runs (0 without such words, 1 failed)" in found.sentence
    assert known.verdicts is None, "there were too few lines to check"


def test_words_sum_to_lines_and_checks_are_counted(zoo: Batch) -> None:
    found = zoo.summary(method="grad_l2", granularity="word")
    maps = [zoo[number][3] for number in range(0, 8, 2)]
    assert {(one.method, one.granularity) for one in maps} == {("grad_l2", "word")}
    of_prompt = [[each.score for each in one.segments if each.role == "prompt"] for one in maps]
    total = np.mean([sum(scores) for scores in of_prompt])
    effects = found.variants[0].effects
    assert sum(effect.mean.value for effect in effects) == pytest.approx(total)
    assert [effect.part.words for effect in effects] == LINES_OF_ZOO
    assert found.variants[0].verdicts == {"holds": 4}
    assert "checked, 4 of 4 maps hold up, 0 are weak, 0 no better than chance" in found.sentence


def test_sections_of_a_batch(zoo: Batch) -> None:
    found = zoo.summary(sections={"facts": (1, 2)})
    assert [each.part.label for each in found.variants[0].effects] == ["facts", None]
    for lines in ((1,), (1, 2, 3, 4), ("1", "2")):
        with pytest.raises(OptionsError, match="The section facts is"):
            zoo.summary(sections={"facts": lines})  # type: ignore[dict-item]


def test_other_tools_say_the_same_as_the_docs_promise(
    zoo: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "menu").symlink_to(zoo.folder.name)
    monkeypatch.chdir(tmp_path)
    docs = (Path(__file__).parents[3] / "docs" / "scale.md").read_text("utf-8")
    block = re.search(
        r"^    (import pandas.*)\n\n    (pandas.*)\n    (polars.*)\n    (duckdb.*)$", docs, re.M
    )
    assert block is not None
    names: dict[str, Any] = {}
    exec(block[1], names)
    by_pandas, by_polars, by_duckdb = (eval(line, names) for line in block.groups()[1:])
    means = zoo.scores.group_by(["variant", "line"]).aggregate([("score", "mean")]).to_pylist()
    known = {(one["variant"], one["line"]): one["score_mean"] for one in means}
    of_lines = {place: mean for place, mean in known.items() if place[1] is not None}
    assert by_pandas.to_dict() == pytest.approx(of_lines)
    for rows in (by_polars.rows(), by_duckdb.fetchall()):
        assert {(name, line): mean for name, line, mean in rows} == pytest.approx(known)
