"""Datasets by address: names, files, formats, and every way to get them wrong."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.data import Example, load_dataset, readers
from backlit.data.base import ExampleList
from backlit.data.readers import as_datasets, txt_rows
from backlit.data.rows import Row
from backlit.errors import DataError
from backlit.types import Message

ROW = '{"prompt": "Say hello."}\n'

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
visible = texts.filter(str.strip)
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
OWN = ("prompt", "messages", "target", "source", "id")
messages = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user"]), content=visible),
    min_size=1,
    max_size=3,
).map(tuple)


def example_lists(fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Example]]:
    example = st.builds(
        Example,
        id=visible,
        prompt=visible | messages,
        target=st.none() | texts.filter(bool),
        source=st.none() | texts.filter(bool),
        fields=fields,
    )
    return st.lists(example, min_size=1, max_size=5, unique_by=lambda e: e.id)


def row_of(example: Example) -> dict[str, Any]:
    row: dict[str, Any] = {"id": example.id, **example.fields}
    if isinstance(example.prompt, str):
        row["prompt"] = example.prompt
    else:
        row["messages"] = [{"role": m.role, "content": m.content} for m in example.prompt]
    return row | {"target": example.target, "source": example.source}


def written(folder: Path, name: str, data: str | bytes) -> str:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


free_fields = st.dictionaries(texts.filter(lambda k: k not in OWN), plain_json, max_size=3)


@given(examples=example_lists(free_fields), ascii_only=st.booleans())
def test_jsonl_round_trip(folder: Path, examples: list[Example], ascii_only: bool) -> None:
    lines = [json.dumps(row_of(e), ensure_ascii=ascii_only) for e in examples]
    path = written(folder, "rows.jsonl", "\n".join(lines))
    assert list(load_dataset(path).examples) == examples


@given(
    examples=example_lists(free_fields),
    wrapped=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_json_round_trip(
    folder: Path, examples: list[Example], wrapped: bool, indent: int | None
) -> None:
    rows: object = [row_of(e) for e in examples]
    if wrapped:
        rows = {"version": 1, "examples": rows, "author": {"examples": []}}
    path = written(folder, "rows.json", json.dumps(rows, indent=indent))
    assert list(load_dataset(path).examples) == examples


@given(
    examples=example_lists(st.fixed_dictionaries({"note": texts})),
    delimiter=st.sampled_from(",;\t"),
)
def test_csv_round_trip(folder: Path, examples: list[Example], delimiter: str) -> None:
    out = io.StringIO()
    columns = ["id", "prompt", "messages", "target", "source", "note"]
    writer = csv.DictWriter(out, columns, delimiter=delimiter)
    writer.writeheader()
    for example in examples:
        row = row_of(example)
        if "messages" in row:
            row["messages"] = json.dumps(row["messages"])
        writer.writerow(row)
    path = written(folder, "rows.csv", out.getvalue())
    assert list(load_dataset(path).examples) == examples


@given(
    examples=example_lists(
        st.fixed_dictionaries(
            {"n": st.integers(-(2**63), 2**63 - 1) | st.none(), "tags": st.lists(texts, max_size=2)}
        )
    )
)
def test_parquet_round_trip(folder: Path, examples: list[Example]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    text = [(name, pa.string()) for name in ("id", "prompt", "target", "source")]
    schema = pa.schema(
        [*text, ("messages", pa.list_(message)), ("n", pa.int64()), ("tags", pa.list_(pa.string()))]
    )
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([row_of(e) for e in examples], schema), path)
    assert list(load_dataset(str(path)).examples) == examples


@given(prompts=st.lists(visible.filter(lambda t: not set(t) & set("\r\n")), min_size=1))
def test_txt_round_trip(folder: Path, prompts: list[str]) -> None:
    path = written(folder, "lines.txt", "\r\n\n".join(prompts) + "\n")
    loaded = load_dataset(path)
    # A first character U+FEFF is the mark of the encoding, not a part of the prompt.
    prompts[0] = prompts[0].removeprefix("\ufeff")
    kept = [p for p in prompts if p.strip()]
    assert [e.prompt for e in loaded.examples] == kept
    assert [e.id for e in loaded.examples] == [f"lines-{n + 1}" for n in range(len(kept))]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("{}/a.b.jsonl", "a.b"),
        ("mine:{}/a.b.jsonl", "mine"),
        ("my-set_2.0:{}/a.b.jsonl", "my-set_2.0"),
        ("  mine:{}/a.b.jsonl \n", "mine"),
    ],
)
def test_names(tmp_path: Path, address: str, name: str) -> None:
    written(tmp_path, "a.b.jsonl", ROW)
    loaded = load_dataset(address.format(tmp_path))
    assert (loaded.name, loaded.examples[0].id) == (name, f"{name}-1")


def test_a_drive_letter_is_not_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"There is no file C:"):
        load_dataset(r"C:\prompts.jsonl")
    with pytest.raises(DataError, match=r"There is no file C:"):
        load_dataset(r"mine:C:\prompts.jsonl")


def test_endings_in_capitals_and_home_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "A.JSONL", ROW)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load_dataset("~/A.JSONL").name == "A"


def test_a_byte_order_mark_is_not_part_of_a_row(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", b"\xef\xbb\xbfprompt\nHello\n")
    assert load_dataset(path).examples[0].prompt == "Hello"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.csv", "dish;price\nsoup;12\n"),
        ("rows.jsonl", '{"dish": "soup", "price": "12"}\n'),
        ("rows.json", '[{"dish": "soup", "price": "12"}]'),
    ],
)
def test_rows_for_a_template_need_no_prompt(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    (example,) = load_dataset(str(tmp_path / name), prompts=False).examples
    assert (example.id, example.prompt) == ("rows-1", "")
    assert example.fields == {"dish": "soup", "price": "12"}
    with pytest.raises(DataError, match="prompt"):
        load_dataset(str(tmp_path / name))


def test_a_row_for_a_template_is_checked_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": " "}\n{"target": 3}\n', "utf-8")
    with pytest.raises(DataError, match=r"(?s)the prompt is empty.*`target` is a number"):
        load_dataset(str(tmp_path / "rows.jsonl"), prompts=False)


def test_generated_ids_step_around_given_ones(tmp_path: Path) -> None:
    rows = [{"prompt": "a"}, {"prompt": "b", "id": "a-1"}, {"prompt": "c", "id": 7}]
    path = written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert [e.id for e in load_dataset(path).examples] == ["a-2", "a-1", "7"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b"", "a.jsonl is empty"),
        ("a.parquet", b"", "a.parquet is empty"),
        ("a.txt", b"\xef\xbb\xbf", "holds no examples"),
        ("a.txt", b" \n\n", "is empty"),
        ("a.json", b"[]", "holds no examples"),
        ("a.json", b'{"examples": []}', "holds no examples"),
        ("a.csv", b"prompt\n", "holds no examples"),
        ("a.csv", b"\xef\xbb\xbf", "holds no examples"),
        ("a.jsonl", ROW.encode() * 2 + b'{"prompt": "caf\xe9"}', r"line 3 .*\(0xe9\)"),
        ("a.txt", "hi".encode("utf-16"), "UTF-16"),
        ("a.xlsx", b"PK", r"ending \.xlsx"),
        ("prompts", b"hi", "without an ending"),
    ],
)
def test_a_file_that_is_no_dataset(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(written(tmp_path, name, data))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "has no path"),
        ("mine:", "has no path"),
        ("nowhere/a.jsonl", "There is no file"),
        ("nowhere", "not a dataset Backlit knows"),
        (".", "is a folder"),
        ("~nobody-of-that-name/a.jsonl", "can't be opened"),
        ("a\0b.jsonl", "can't be opened"),
        ("x" * 5000 + ".jsonl", "can't be opened"),
    ],
)
def test_a_path_that_is_no_file(address: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(address)
    assert caught.value.hint


def test_a_folder_with_the_ending_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(DataError, match=r"a folder|can't be opened"):
        load_dataset(str(tmp_path / "a.jsonl"))


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".txt", ".parquet"])
def test_what_has_no_end_is_refused_at_once(tmp_path: Path, ending: str) -> None:
    os.mkfifo(tmp_path / f"pipe{ending}")
    (tmp_path / f"zero{ending}").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(DataError, match="a device or a pipe, not a file") as caught:
            load_dataset(str(tmp_path / f"{name}{ending}"))
        assert caught.value.hint


def test_a_large_file_is_refused_with_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a.jsonl", ROW.encode() * 10)
    monkeypatch.setattr(readers, "MAX_BYTES", len(ROW) * 10)
    assert len(load_dataset(path).examples) == 10
    monkeypatch.setattr(readers, "MAX_BYTES", len(ROW) * 10 - 1)
    with pytest.raises(DataError, match=r"a\.jsonl is larger than") as caught:
        load_dataset(path)
    assert "Load a part" in caught.value.hint


def test_a_sparse_file_of_a_terabyte_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(DataError, match="larger than 200 MB"):
        load_dataset(str(tmp_path / "a.jsonl"))


@pytest.mark.parametrize("address", ["https://[::1/x.jsonl", "mine:https://[/x.csv"])
def test_a_url_that_is_not_valid(address: str) -> None:
    with pytest.raises(DataError, match="The URL is not valid") as caught:
        load_dataset(address)
    assert caught.value.hint


def test_a_url_is_read_by_its_ending() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url == "https://example.org/some%20prompts.jsonl?download=1"
        return httpx2.Response(200, content=ROW)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        loaded = load_dataset("https://example.org/some%20prompts.jsonl?download=1", client)
        named = load_dataset("web:https://example.org/some%20prompts.jsonl?download=1", client)
    assert (loaded.name, named.name) == ("some prompts", "web")
    assert loaded.examples[0].prompt == "Say hello."


def test_a_url_of_unknown_format_is_not_fetched() -> None:
    with pytest.raises(DataError, match=r"ending \.html"):
        load_dataset("https://example.org/a.html")


def test_a_bad_line_is_named_with_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", ROW + "\n" + '{"prompt": 3}\n')
    with pytest.raises(DataError, match=r"a\.jsonl, line 3: `prompt` is a number, not text"):
        load_dataset(path)


def test_a_bad_element_is_named_by_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '[\n{"prompt": "a"},\n\n{"prompt": 3}]')
    with pytest.raises(DataError, match=r"a\.json, row 2: `prompt` is a number, not text"):
        load_dataset(path)


def test_lines_of_text_keep_their_spaces() -> None:
    rows = list(txt_rows("  a \r\n\n \t\nb\u2028c"))
    assert rows == [Row("line 1", {"prompt": "  a "}), Row("line 4", {"prompt": "b\u2028c"})]


def test_datasets_in_any_form(tmp_path: Path) -> None:
    held = ExampleList("held", (Example("h", "a"),))
    parts = [{"type": "text", "text": "Hello."}]
    chats: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": parts}]},
        {"messages": [Message("user", "c")]},
    ]
    datasets = as_datasets(
        [
            f"mine:{written(tmp_path, 'a.jsonl', ROW)}",
            [{"prompt": "b", "level": 1}],
            held,
            iter(chats),
        ]
    )
    assert [dataset.name for dataset in datasets] == ["mine", "data", "held", "data-2"]
    assert datasets[1].examples[0] == Example("data-1", "b", fields={"level": 1})
    assert datasets[2] is held
    assert [example.prompt for example in datasets[3].examples] == [
        (Message("user", "Hello."),),
        (Message("user", "c"),),
    ]


def test_a_bad_row_in_memory_is_named() -> None:
    with pytest.raises(DataError, match="data, row 2: it has no `prompt`"):
        as_datasets([[{"prompt": "a"}, {"text": "b"}]])


def test_one_row_is_no_dataset() -> None:
    with pytest.raises(DataError, match="a list of rows, not one row"):
        as_datasets([{"prompt": "a"}])  # type: ignore[dict-item]


def test_two_datasets_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", ROW)
    with pytest.raises(DataError, match=r"Two datasets are called 'a'\. Name one: name:path"):
        as_datasets([path, path])
    assert [dataset.name for dataset in as_datasets([path, f"mine:{path}"])] == ["a", "mine"]
