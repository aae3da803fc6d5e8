"""The models that are offered: those of the beginning, and those of servers that a page named."""

import threading
from collections.abc import Iterator, Sequence

from backlit.engines.base import Engine
from backlit.errors import InputError, OptionsError, UnknownNameError
from backlit.progress import Progress
from backlit.serving import wire
from backlit.serving.models import Open, ServedModel
from backlit.sources import ModelSource, parse, shown
from backlit.sources.address import ENDPOINT, plain_name

MOST_CONNECTED = 32


class Offered:
    """Models by name, in order. Its methods may be called from any thread.

    Args:
        models: the first is the default.
        connect: opens a model of a server that a page named; left out, no page may.
        anywhere: pages may name any server; else those of the models, as they were named.

    Raises:
        InputError: two models have one name.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        connect: Open | None = None,
        anywhere: bool = False,
    ) -> None:
        names = [model.info.name for model in models]
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    f"Two models are called {name!r}.", "Name one: name:source instead of source."
                )
        self._lock = threading.Lock()
        self._models = dict(zip(names, models, strict=True))
        self._connected = 0
        self._open = connect
        self._anywhere = anywhere
        # The address that was named, with what it may hold besides, so that no page need know it.
        self._named: dict[str, str] = {}
        if connect is not None:
            for model in models:
                source = parse(model.source)
                if source.endpoint:
                    self._named.setdefault(_origin(source), source.source)

    def all(self) -> tuple[ServedModel, ...]:
        """Every model."""
        with self._lock:
            return tuple(self._models.values())

    def get(self, name: str) -> ServedModel:
        """One of them.

        Raises:
            UnknownNameError: there is none of this name.
        """
        with self._lock:
            if name not in self._models:
                known = ", ".join(self._models)
                raise UnknownNameError(f"There is no model {name!r} here.", f"Use one of {known}.")
            return self._models[name]

    def connectable(self) -> wire.Connectable | None:
        """Which servers a page may name; None if none."""
        if self._open is None or not (self._anywhere or self._named):
            return None
        return wire.Connectable(anywhere=self._anywhere, origins=list(self._named))

    def of_server(self, url: str, model: str | None) -> ServedModel:
        """What is to be loaded so that a model of a server is there: one of those that are offered
        already, or one that is not yet, and is once it is taken.

        Args:
            url: with or without `endpoint:`, and with or without `#MODEL`.
            model: which of its models; None if the URL says it, or it has one.

        Raises:
            InputError: no page may name this server, the address holds what it should not, or
                there are as many as there may be.
            NotFoundError: it is no URL of a server.
        """
        source = parse(f"{ENDPOINT}:{url.strip().removeprefix(f'{ENDPOINT}:').strip()}")
        address, wanted = self._address(source), (model or "").strip() or source.model
        named = f"{ENDPOINT}:{address}{f'#{wanted}' if wanted else ''}"
        for served in self._of_origin(_origin(source)):
            ready = served.info.status == "ready"
            # Without a name it is the server's only model, which may be another by now.
            if wanted in _models(served) and (wanted is not None or not ready):
                return served
        self._check_room()
        return ServedModel(shown(named), named, self._opened)

    def take(self, served: ServedModel) -> ServedModel:
        """Offer a model of `of_server` that is loaded, unless it is offered already.

        Returns:
            The one that is offered.

        Raises:
            InputError: there are as many as there may be.
        """
        assert served.model is not None, "loaded first"
        wanted = served.model.engine.metadata.get("model")
        for other in self._of_origin(_origin(parse(served.source))):
            if other is served or wanted in _models(other):
                return other
        self._check_room()
        with self._lock:
            name = served.model.name  # still free: models are loaded one after the other
            served.call(name)
            self._models[name] = served
            self._connected += 1
        return served

    def _address(self, source: ModelSource) -> str:
        """The address that is asked for one of a page's.

        Raises:
            InputError: no page may name it.
        """
        from backlit.engines.endpoint.origins import is_bare

        allowed = self.connectable()
        if allowed is None:
            raise InputError(
                "This page may not connect to servers.",
                "Start Backlit with --allow-endpoints, or name the server: "
                "backlit serve endpoint:URL.",
            )
        if not is_bare(source.source):
            raise InputError(
                "An address in the page has no user name, no password and nothing behind a “?”: "
                "they may be secret.",
                "Leave them out; what is secret is given where Backlit is started, see its --help.",
            )
        named = self._named.get(_origin(source))
        if named is None and not self._anywhere:
            raise InputError(
                f"This page may only connect to {' and '.join(self._named)}.",
                "For others, start Backlit with --allow-endpoints.",
            )
        return named or source.source

    def _opened(self, source: str, progress: Progress) -> Engine:
        """The engine of a server's model, called by the model's own name."""
        from backlit.engines.endpoint.connecting import ServerEngine

        assert self._open is not None
        engine = self._open(source, progress=progress)
        assert isinstance(engine, ServerEngine)
        model = engine.metadata.get("model", "").rpartition("/")[2].removesuffix(".gguf")
        engine.name = self._free(plain_name(model) if model else engine.name)
        return engine

    def _free(self, name: str) -> str:
        with self._lock:
            taken, number = {*self._models}, 1
        while (tried := f"{name} ({number})" if number > 1 else name) in taken:
            number += 1
        return tried

    def _check_room(self) -> None:
        if self._connected >= MOST_CONNECTED:
            raise OptionsError(
                f"The page connected {MOST_CONNECTED} models, which is as many as there may be.",
                "Use one of them, or start Backlit again.",
            )

    def _of_origin(self, origin: str) -> Iterator[ServedModel]:
        for served in self.all():
            source = parse(served.source)
            if source.endpoint and _origin(source) == origin:
                yield served


def _origin(source: ModelSource) -> str:
    from backlit.engines.endpoint.origins import origin_of  # brings what speaks HTTP

    return origin_of(source.source)


def _models(served: ServedModel) -> set[str | None]:
    """What a model of a server is called there: as it was asked for, and as the server says."""
    told = {served.info.metadata["model"]} if "model" in served.info.metadata else set()
    return {parse(served.source).model, *told}
