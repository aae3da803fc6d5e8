"""What a page or notebook can ask for: each kind of request in a module of its own.

To add one, write its module (its fields, its events, the function that answers it, and a `Kind`
that says whether it is cached or quick) and name it here. Those that ask no model stand together:
about the workspace in `keeping.py`, about datasets in `rows.py` and `edits.py`, about batches in
`batch.py` and `batch_summary.py`; a `PlainKind` asks nothing at all, and an `OfferKind` changes
which models there are. The route, the messages of notebooks, the OpenAPI document and the page's
types follow.
"""

from typing import Any

from backlit.serving.requests.agree import AGREE
from backlit.serving.requests.base import (
    AnyKind,
    AnyWorkspaceKind,
    Kind,
    ModelKind,
    ModelRequest,
    OfferKind,
    PlainKind,
    Request,
    ShelfKind,
    ShelfRequest,
    Work,
    WorkspaceKind,
    WorkspaceRequest,
)
from backlit.serving.requests.batch import BATCH, BATCH_ROWS, BATCH_RUN, BatchKind
from backlit.serving.requests.batch_summary import BATCH_SUMMARY
from backlit.serving.requests.check import CHECK
from backlit.serving.requests.compare import COMPARE
from backlit.serving.requests.compare_cost import COMPARE_COST
from backlit.serving.requests.connect import CONNECT
from backlit.serving.requests.count import COUNT
from backlit.serving.requests.draft import DRAFT
from backlit.serving.requests.edits import ADD, EDIT, REMOVE, UNDO
from backlit.serving.requests.estimate import ESTIMATE
from backlit.serving.requests.explain import EXPLAIN
from backlit.serving.requests.export import EXPORT
from backlit.serving.requests.generate import GENERATE
from backlit.serving.requests.grid import GRID
from backlit.serving.requests.grid_cost import GRID_COST
from backlit.serving.requests.keeping import CHANGES, DROP, KEEP, LIST, READ
from backlit.serving.requests.load import LOAD
from backlit.serving.requests.measure import MEASURE
from backlit.serving.requests.measure_cost import MEASURE_COST
from backlit.serving.requests.mute import MUTE
from backlit.serving.requests.prove import PROVE
from backlit.serving.requests.respond import RESPOND
from backlit.serving.requests.review import REVIEW
from backlit.serving.requests.rows import ROW, ROWS, WRITE
from backlit.serving.requests.segment import SEGMENT
from backlit.serving.requests.trace import TRACE
from backlit.serving.requests.vary import VARY
from backlit.serving.requests.write_grid import WRITE_GRID

ALL: tuple[ModelKind, ...] = (
    LOAD,
    GENERATE,
    RESPOND,
    EXPLAIN,
    ESTIMATE,
    CHECK,
    MUTE,
    PROVE,
    TRACE,
    COMPARE,
    COMPARE_COST,
    GRID,
    GRID_COST,
    SEGMENT,
    COUNT,
    AGREE,
    DRAFT,
    MEASURE,
    MEASURE_COST,
)
KEEPING: tuple[AnyWorkspaceKind, ...] = (LIST, READ, KEEP, DROP, CHANGES)

MODEL_KINDS: dict[str, ModelKind] = {kind.name: kind for kind in ALL}
WORKSPACE_KINDS: dict[str, AnyWorkspaceKind] = {kind.name: kind for kind in KEEPING}
SHELF_KINDS: dict[str, ShelfKind[Any]] = {
    kind.name: kind for kind in (ROWS, ROW, WRITE, EDIT, UNDO, ADD, REMOVE)
}
BATCH_KINDS: dict[str, BatchKind[Any]] = {
    kind.name: kind for kind in (BATCH, BATCH_ROWS, BATCH_RUN, BATCH_SUMMARY)
}
PLAIN_KINDS: dict[str, PlainKind[Any]] = {
    kind.name: kind for kind in (EXPORT, VARY, REVIEW, WRITE_GRID)
}
OFFER_KINDS: dict[str, OfferKind[Any]] = {kind.name: kind for kind in (CONNECT,)}
KINDS: dict[str, AnyKind] = {
    **MODEL_KINDS,
    **WORKSPACE_KINDS,
    **SHELF_KINDS,
    **BATCH_KINDS,
    **PLAIN_KINDS,
    **OFFER_KINDS,
}
KIND_OF: dict[type[Request], AnyKind] = {kind.request: kind for kind in KINDS.values()}

__all__ = [
    "BATCH_KINDS",
    "KINDS",
    "KIND_OF",
    "MODEL_KINDS",
    "OFFER_KINDS",
    "PLAIN_KINDS",
    "SHELF_KINDS",
    "WORKSPACE_KINDS",
    "AnyKind",
    "AnyWorkspaceKind",
    "BatchKind",
    "Kind",
    "ModelKind",
    "ModelRequest",
    "OfferKind",
    "PlainKind",
    "Request",
    "ShelfKind",
    "ShelfRequest",
    "Work",
    "WorkspaceKind",
    "WorkspaceRequest",
]
