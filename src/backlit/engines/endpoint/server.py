"""What a server tells of itself: its models, how much they read, how many requests it takes."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from backlit.engines.endpoint.answers import MAX_ID
from backlit.engines.endpoint.client import Client
from backlit.engines.endpoint.failures import said
from backlit.errors import EndpointError, GatedError

SHOWN_MODELS = 8
MOST_PARALLEL = 64


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is known of a server before it is tried.

    Attributes:
        model: which of its models is asked; None if it tells of none.
        context_length: the most tokens it reads, or None if it does not say.
        vocabulary_size: how many ids there are, at most.
        parallel: requests that it works on at once, or None if it does not say.
        told: whether it told anything of itself.
    """

    model: str | None
    context_length: int | None = None
    vocabulary_size: int = MAX_ID
    parallel: int | None = None
    told: bool = False


def facts_of(client: Client, model: str | None) -> ServerFacts:
    """Ask a server of itself; what it does not tell is left out.

    Args:
        client: asks it.
        model: that a person named.

    Raises:
        OfflineError: it can't be reached.
        GatedError: it refuses the key.
        EndpointError: it has no such model, or several and none was named.
    """
    listed = _asked(client, "/v1/models", refusable=False)
    told = _rows(listed, "data")
    chosen = _model(client, [said(str(one.get("id", ""))) for one in told], model)
    of_model = next((one for one in told if str(one.get("id")) == chosen), {})
    meta = _dict(of_model.get("meta"))
    named = "" if chosen is None else f"?model={quote(chosen)}"  # which a router of several reads
    props = _dict(_asked(client, f"/props{named}", refusable=listed is not None))
    settings = _dict(props.get("default_generation_settings"))
    length = _count(settings.get("n_ctx")) or _count(of_model.get("max_model_len"))
    return ServerFacts(
        model=chosen,
        context_length=length,
        vocabulary_size=_count(meta.get("n_vocab")) or MAX_ID,
        parallel=_count(props.get("total_slots"), MOST_PARALLEL),
        told=bool(told or props),
    )


def _model(client: Client, names: list[str], wanted: str | None) -> str | None:
    if wanted is not None:
        if names and wanted not in names and len(names) > 1:
            raise EndpointError(
                f"{client.place} has no model called {wanted}.", f"It has {_listed(names)}."
            )
        return wanted
    if len(names) > 1:
        raise EndpointError(
            f"{client.place} has {len(names)} models.",
            f"Name one behind a #: endpoint:URL#MODEL. It has {_listed(names)}.",
        )
    return names[0] if names else None


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_MODELS} more" if len(names) > SHOWN_MODELS else ""
    return ", ".join(names[:SHOWN_MODELS]) + more


def _asked(client: Client, path: str, *, refusable: bool) -> Any:
    """What is there, or None if nothing is.

    Raises:
        OfflineError: the server can't be reached.
        GatedError: it refuses the key, unless it is known to be good, so that this is `refusable`.
    """
    try:
        return client.get(path)
    except GatedError:
        if not refusable:
            raise
    except EndpointError:
        pass
    return None


def _rows(told: Any, name: str) -> list[dict[str, Any]]:
    rows = _dict(told).get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _dict(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


def _count(value: Any, most: int = MAX_ID) -> int | None:
    return min(value, most) if type(value) is int and value > 0 else None
