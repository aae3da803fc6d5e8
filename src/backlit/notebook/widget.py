"""The notebook widget: the page, over the kernel's own channel instead of a port.

Messages carry requests and their answers (`calls.py`). Traits hold what should be there before
anything is asked, and what should be saved with the notebook.
"""

import importlib.resources
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from IPython.display import HTML, DisplayHandle, display

from backlit.data import Dataset
from backlit.errors import InputError, OptionsError
from backlit.explanation import Explanation, Generation
from backlit.methods import methods
from backlit.notebook import selection as seen
from backlit.notebook.arguments import datasets_of, sources_of
from backlit.notebook.messages import Calls
from backlit.notebook.selection import Selection
from backlit.notebook.shared import CELLS, MODELS, in_marimo, ipykernel_version
from backlit.notebook.tab import NewTab
from backlit.serving import wire
from backlit.serving.service import Service

ESM = (importlib.resources.files("backlit") / "static" / "widget.js").read_text(encoding="utf-8")


class AlwaysValidated(traitlets.Any):
    """Traitlets takes None as it is; here it has a meaning of its own."""

    def _validate(self, obj: Any, value: Any) -> Any:
        return value if obj._cross_validation_lock else self._cross_validate(obj, value)


class NotebookWidget(anywidget.AnyWidget):
    """The page in a cell; see `backlit.make_notebook_widget` for the arguments.

    Attributes:
        datasets: what is loaded, by name.
        selection: the answer that is shown and what of it is selected, a `Selection`; None
            while there is no answer. Set it to words of the answer, a token span, a `Target`,
            a `Selection`, or a `Generation` to show; the page follows.
        explanation: the map that is shown, an `Explanation`; None while there is none. Set it
            to show one that was made elsewhere.

    `selection` and `explanation` can be observed, as any trait.
    """

    _esm = ESM
    _state = traitlets.Dict().tag(sync=True)
    _seen = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True, echo_update=False)
    _session = traitlets.Any().tag(sync=True, echo_update=False)
    _answers = traitlets.Any().tag(sync=True, echo_update=False)
    _examples = traitlets.Any().tag(sync=True, echo_update=False)
    _height = traitlets.Int().tag(sync=True)
    _ipykernel = traitlets.Int().tag(sync=True)
    _id = traitlets.Unicode().tag(sync=True)

    _closed = True  # until there is something to close

    selection = AlwaysValidated(default_value=None)
    explanation = traitlets.Any(default_value=None)

    def __init__(
        self,
        datasets: Sequence[str | Dataset | Iterable[Mapping[str, Any]]],
        models: Sequence[Any],
        *,
        batch_size: int | None = None,
        max_examples: int | None = None,
        precision: str | None = None,
        dl_framework: str | None = None,
        dl_runtime: str | None = None,
        height: int = 800,
    ) -> None:
        numbers = {"batch_size": batch_size, "max_examples": max_examples, "height": height}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise OptionsError(f"{name} is {number}.", "Use 1 or more.")
        self._max_examples = max_examples
        # What is known on both sides already, and need not be told again.
        self._followed: tuple[Selection | None, Explanation | None] = (None, None)
        self._shown: Mapping[str, Any] | None = None
        self._changing = threading.RLock()  # cells, views and models change traits
        self._tab: NewTab | None = None
        self._kept: DisplayHandle | None = None
        read = datasets_of(datasets, max_examples)
        sources = sources_of(models, precision, batch_size, dl_framework, dl_runtime)
        self._loaded, thread = MODELS.take(sources, id(self))
        try:
            self._service = Service(self._loaded, read, thread)
        except BaseException:
            MODELS.give_back(id(self))
            raise
        self._closed = False
        self._calls = Calls(self._service, lambda message: self.send(message))
        self.datasets: Mapping[str, Dataset] = {one.name: one for one in read}
        super().__init__(
            _state=self._service.state().model_dump(mode="json"),
            _height=height,
            _ipykernel=ipykernel_version(),
        )
        self._id = self.model_id
        # ipykernel 7.4 hands a view's messages to where the kernel last sent one from, and so
        # behind a running cell; without this they take the way that the view chose.
        self.comm._reply_subshell_for = None
        self.on_msg(self._hear)
        for model in self._loaded:
            model.follow(self._model_changed)
        CELLS.made(self)

    def __repr__(self) -> str:
        names = ", ".join(model.info.name for model in self._loaded)
        return (
            f"Backlit ({names}). Where you read this instead of a page, this program shows no "
            "widgets or JavaScript is off: allow it, or call render(open_in_new_tab=True)."
        )

    def render(
        self,
        data: str | Dataset | Iterable[Mapping[str, Any]] | None = None,
        *,
        open_in_new_tab: bool = False,
    ) -> None:
        """Show the page below this cell, or in a browser tab of its own.

        Args:
            data: show these examples instead of those there are.
            open_in_new_tab: serve the page from this kernel on a port of its machine, with a
                token in its link. It shares the models and examples, not the selection.

        Raises:
            InputError: the data can't be read.
        """
        if self._closed:
            raise InputError(
                "This widget was closed, or its cell ran again.", "Make a new one, and render that."
            )
        if data is not None:
            read = datasets_of([data], self._max_examples)
            self.datasets = {one.name: one for one in read}
            self._service.show(read)
            self._tell_state()
        self._service.begin()
        if open_in_new_tab:
            if self._tab is None:
                self._tab = NewTab(self._service)
            display(self._tab)
            return
        display(self)
        if in_marimo():
            return  # it saves no outputs, and would show a changed one instead of the widget
        if self._kept is None:
            # What is left to see once no kernel is behind the notebook any more.
            self._kept = display(self._still(), display_id=True)
        else:
            self._kept.display(self._still())

    @property
    def address(self) -> str | None:
        """Of the page in a tab, with its token; None until it was asked for."""
        return self._tab.address if self._tab else None

    def close(self) -> None:
        """Stop what is under way, and let go of the models."""
        if self._closed:
            return
        self._closed = True
        for model in self._loaded:
            model.unfollow(self._model_changed)
        self._service.close()
        MODELS.give_back(id(self))
        CELLS.forget(self)
        if self._tab is not None:
            self._tab.close()
        self.layout.close()  # a widget of its own, which ipywidgets would keep
        super().close()

    # ---- requests -------------------------------------------------------------------------

    def _hear(self, _: object, message: Any, buffers: object) -> None:
        self._calls.hear(message)

    def _model_changed(self, event: wire.Event | None) -> None:
        if isinstance(event, wire.ModelEvent) and event.model.status in ("ready", "failed"):
            self._tell_state()

    def _tell_state(self) -> None:
        with self._changing:
            self._state = self._service.state().model_dump(mode="json")

    # ---- what the person sees -------------------------------------------------------------

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What a view changed."""
        with self._changing:
            super().set_state(sync_data)

    @traitlets.validate("selection")
    def _validate_selection(self, proposal: Any) -> Selection | None:
        # what was selected before, also where a held notification has put raw words there
        selection = seen.as_selection(proposal["value"], self._followed[0])
        self._check_model(selection)
        return selection

    @traitlets.validate("explanation")
    def _validate_explanation(self, proposal: Any) -> Explanation | None:
        value = proposal["value"]
        self._check_model(value)
        if value is not None and not (isinstance(value, Explanation) and value.attributions):
            raise InputError(
                f"{type(value).__name__} is not an explanation with a map.",
                "Set what backlit.explain returned, or None.",
            )
        return value

    @traitlets.observe("selection")
    def _selection_set(self, change: Any) -> None:
        if change["new"] is not self._followed[0]:
            self._show(change["new"], None)

    @traitlets.observe("explanation")
    def _explanation_set(self, change: Any) -> None:
        if change["new"] is not self._followed[1]:
            shown: Explanation | None = change["new"]
            if shown is None:
                selection = seen.as_selection(None, self._followed[0])
            else:
                selection = Selection(shown.generation, shown.attributions[0].target)
            self._show(selection, shown)
        self._keep()

    def _show(self, selection: Selection | None, explanation: Explanation | None) -> None:
        """Set from Python: both, and the page."""
        with self._changing:
            # First the page: whoever observes may set something else already.
            self._shown = seen.seen(selection, explanation).model_dump(mode="json")
            self._seen = self._shown
            self._follow(selection, explanation)

    @traitlets.observe("_seen")
    def _seen_changed(self, change: Any) -> None:
        told = None if change["new"] is self._shown else seen.read(change["new"] or {})
        if told is None:
            return
        metadata = self._metadata(told.generation.model if told.generation else "")
        explanation = seen.explanation_of(told, self.explanation, metadata)
        self._follow(seen.selection_of(told), explanation)

    def _follow(self, selection: Selection | None, explanation: Explanation | None) -> None:
        self._followed = (selection, explanation)
        with self.hold_trait_notifications():
            self.selection = selection
            self.explanation = explanation

    def _check_model(self, value: object) -> None:
        """The page can go on only from an answer of a model that it has, by a method it knows."""
        generation = getattr(value, "generation", None)
        names = [loaded.info.name for loaded in self._loaded]
        if isinstance(generation, Generation) and generation.model not in names:
            raise InputError(
                f"The answer is of {generation.model}, and this widget has {', '.join(names)}.",
                "Make the widget with that model.",
            )
        for one in value.attributions if isinstance(value, Explanation) else ():
            if one.method not in methods():
                raise InputError(
                    f"There is no method {one.method!r} here.", "Install what provides it."
                )

    def _metadata(self, name: str) -> Mapping[str, str | float]:
        for loaded in self._loaded:
            if loaded.info.name == name and loaded.model is not None:
                return dict(loaded.model.engine.metadata)
        return {}

    # ---- what is left without a kernel ----------------------------------------------------

    def _keep(self) -> None:
        if self._kept is not None and self.explanation is not None:
            self._kept.update(self._still())

    def _still(self) -> HTML:
        """The last map as plain HTML, which the view hides as long as it lives."""
        shown = self.explanation
        found = shown._repr_mimebundle_()["text/html"] if shown is not None else ""
        return HTML(f'<div class="backlit-kept-{self._id}">{found}</div>')
