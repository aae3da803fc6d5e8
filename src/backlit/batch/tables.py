"""`runs.parquet` and `scores.parquet`, which other tools read at once, made of the part files."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from cachetools import LRUCache

from backlit.batch.folder import Folder
from backlit.batch.parts import PARTS, Member, Place, places_of, sizes_of, unpacked
from backlit.batch.record import Record
from backlit.explanation import Attribution, Proof

RUNS = "runs.parquet"
SCORES = "scores.parquet"
AT_ONCE = 64  # runs that are turned into columns at a time
GROUP_BYTES = 16_000_000  # of a row group, unpacked
CACHE_BYTES = 64_000_000  # of members, as they are read in the order of rows
_MADE_OF = b"backlit.parts"
_DAMAGED = b"backlit.damaged"

_text = pa.string()
_named = pa.dictionary(pa.int32(), pa.string())

RUN_COLUMNS = pa.schema(
    [
        ("run", _text),
        ("row", _text),
        ("variant", _named),
        ("position", pa.int64()),
        ("source", _text),
        ("status", _named),
        ("prompt", _text),
        ("answer", _text),
        ("finish_reason", _named),
        ("target", _text),
        ("target_start", pa.int32()),
        ("target_stop", pa.int32()),
        ("target_log_prob", pa.float64()),
        ("answer_log_prob", pa.float64()),
        ("verdict", _named),
        (
            "verdicts",
            pa.list_(pa.struct([("method", _text), ("granularity", _text), ("verdict", _text)])),
        ),
        ("top", _text),
        ("top_score", pa.float64()),
        ("answer_without_top", _text),
        ("changed_without_top", pa.bool_()),
        ("lost_without_top", pa.float64()),
        ("prompt_tokens", pa.int32()),
        ("answer_tokens", pa.int32()),
        ("seconds", pa.float64()),
        ("error", _text),
        ("error_code", _named),
        ("content", _text),
        ("part", _named),
        ("part_start", pa.int64()),
        ("part_stop", pa.int64()),
        ("part_line", pa.int32()),
    ]
)
"""Of `runs.parquet`: a row for each run; docs/scale.md says what they mean."""

SCORE_COLUMNS = pa.schema(
    [
        ("run", _text),
        ("row", _text),
        ("variant", _named),
        ("method", _named),
        ("granularity", _named),
        ("segment", pa.int32()),
        ("start", pa.int32()),
        ("stop", pa.int32()),
        ("role", _named),
        ("message", pa.int32()),
        ("line", pa.int32()),
        ("text", _text),
        ("score", pa.float64()),
        ("standard_error", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("bound", _named),
        ("measure", _named),
    ]
)
"""Of `scores.parquet`: a row for each segment of each map of each run."""


class Reader:
    """Reads runs from where they are, each group that was read lately once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lines: LRUCache[Member, list[bytes]] = LRUCache(
            CACHE_BYTES, lambda lines: sum(map(len, lines))
        )

    def record(self, place: Place | tuple[Member, int]) -> Record:
        """The run in that place."""
        member, line = place if isinstance(place, tuple) else (place.member, place.line)
        lines = self._lines.get(member)
        if lines is None:
            data = self._folder.read(f"{PARTS}/{member.part}", member.start, member.stop)
            lines = unpacked(data)
            if sum(map(len, lines)) <= CACHE_BYTES:
                self._lines[member] = lines
        return Record.from_json(lines[line])


def are_current(folder: Folder, *, whole: bool = False) -> bool:
    """Whether both tables are there, and of all that the parts hold; `whole`, and say of no part
    that it was damaged.
    """
    made_of = json.dumps(sizes_of(folder)).encode()
    for name in (RUNS, SCORES):
        if not folder.size(name):
            return False
        with folder.opened(name) as file:
            try:
                metadata = pq.read_schema(file).metadata or {}
            except pa.ArrowInvalid:
                return False
        if metadata.get(_MADE_OF) != made_of:
            return False
        if whole and json.loads(metadata.get(_DAMAGED, b"[]")):
            return False
    return True


def damaged_of(runs: pa.Table) -> tuple[str, ...]:
    """The parts that were found damaged as `runs.parquet` was made, if runs may be missing."""
    return tuple(json.loads((runs.schema.metadata or {}).get(_DAMAGED, b"[]")))


def write_tables(folder: Folder, *, whole: bool = False) -> None:
    """Make both tables of what the parts hold now, in the order of rows and variants; `whole`, no
    run is missing, whatever was damaged.

    Raises:
        DiskError: they can't be written.
    """
    made_of = {_MADE_OF: json.dumps(sizes_of(folder)).encode()}
    damaged: list[str] = []
    found = places_of(folder, damaged.append)
    noted = {} if whole else {_DAMAGED: json.dumps(damaged)}
    order = sorted(found.values(), key=lambda one: (one.position, one.variant, one.run))
    reader = Reader(folder)
    with (
        folder.writing(RUNS) as runs_file,
        folder.writing(SCORES) as scores_file,
        _Writer(runs_file, RUN_COLUMNS.with_metadata(made_of | noted)) as runs,
        _Writer(scores_file, SCORE_COLUMNS.with_metadata(made_of)) as scores,
    ):
        for at in range(0, len(order), AT_ONCE):
            records = [(one, reader.record(one)) for one in order[at : at + AT_ONCE]]
            runs.add([_run(*each) for each in records])
            scores.add([row for _, record in records for row in _scores(record)])


class _Writer:
    """Writes rows as they come, many at a time."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._schema = schema
        self._tables: list[pa.Table] = []

    def add(self, rows: list[dict[str, Any]]) -> None:
        self._tables.append(pa.Table.from_pylist(rows, self._schema))
        if sum(one.nbytes for one in self._tables) > GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        self._writer.write_table(pa.concat_tables(self._tables).unify_dictionaries())
        self._tables.clear()

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        with closing(self._writer):
            if kind is None and self._tables:
                self._write()


def _run(place: Place, record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {
        "run": record.run,
        "row": record.row,
        "variant": record.variant,
        "position": record.position,
        "source": record.source,
        "status": record.status,
        "seconds": record.seconds,
        "content": record.content,
        "part": place.member.part,
        "part_start": place.member.start,
        "part_stop": place.member.stop,
        "part_line": place.line,
    }
    if record.failure is not None:
        told = f"{record.failure.message} {record.failure.hint}".strip()
        row |= {"error": told, "error_code": record.failure.code}
    if record.explanation is None:
        return row
    generation = record.explanation.generation
    sequence = generation.sequence
    answer = sequence.tokens[sequence.prompt_length :]
    log_probs = [one.log_prob for one in answer if one.log_prob is not None]
    row |= {
        "prompt": sequence.prompt.text,
        "answer": generation.response,
        "finish_reason": generation.finish_reason,
        "answer_log_prob": sum(log_probs) if len(log_probs) == len(answer) else None,
        "prompt_tokens": sequence.prompt_length,
        "answer_tokens": len(answer),
    }
    maps = record.explanation.attributions
    return row | (_target(record, maps) if maps else {})


def _target(record: Record, maps: Sequence[Attribution]) -> dict[str, Any]:
    """What was explained, and what is said of it."""
    assert record.explanation is not None
    first = maps[0]
    verdicts = [
        {
            "method": one.method,
            "granularity": one.granularity,
            "verdict": one.faithfulness and one.faithfulness.verdict,
        }
        for one in maps
    ]
    row = {
        "target": record.explanation.generation.text_of(first.target),
        "target_start": first.target.start,
        "target_stop": first.target.stop,
        "target_log_prob": first.target_log_prob,
        "verdict": next((one["verdict"] for one in verdicts if one["verdict"]), None),
        "verdicts": verdicts,
    }
    for top in first.top(1, "prompt"):
        row |= {"top": top.text, "top_score": top.score}
    for proof in first.proofs[:1]:
        row |= _without(proof)
    return row


def _without(proof: Proof) -> dict[str, Any]:
    return {
        "answer_without_top": proof.said,
        "changed_without_top": proof.changed,
        "lost_without_top": proof.lost,
    }


def _scores(record: Record) -> Iterator[dict[str, Any]]:
    maps = record.explanation.attributions if record.explanation is not None else ()
    for one, lines in zip(maps, record.lines, strict=True):
        for number, (segment, line) in enumerate(zip(one.segments, lines, strict=True)):
            low, high = segment.interval or (None, None)
            yield {
                "run": record.run,
                "row": record.row,
                "variant": record.variant,
                "method": one.method,
                "granularity": segment.level or one.granularity,
                "segment": number,
                "start": segment.start,
                "stop": segment.stop,
                "role": segment.role,
                "message": line and line.message,
                "line": line and line.number,
                "text": segment.text,
                "score": segment.score,
                "standard_error": segment.standard_error,
                "low": low,
                "high": high,
                "bound": segment.bound,
                "measure": one.measure,
            }
