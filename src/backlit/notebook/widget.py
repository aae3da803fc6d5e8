"""The notebook widget: the page, over the kernel's own channel instead of a port.

Messages carry requests and their answers (`messages.py`). Traits hold what should be there before
anything is asked, and what should be saved with the notebook.
"""

import importlib.resources
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from IPython.display import HTML, DisplayHandle, display

from backlit.data import Dataset, Example
from backlit.errors import InputError
from backlit.explanation import Explanation, Generation
from backlit.methods import methods
from backlit.notebook.arguments import read_datasets
from backlit.notebook.cells import CELLS
from backlit.notebook.compat import (
    AlwaysValidated,
    in_marimo,
    ipykernel_version,
    take_the_views_way,
)
from backlit.notebook.messages import Messages
from backlit.notebook.selection import (
    Selection,
    as_selection,
    explanation_of,
    read_view,
    selection_of,
    to_view,
)
from backlit.notebook.shared import MODELS, ModelArgument
from backlit.notebook.tab import NewTab
from backlit.serving import wire
from backlit.serving.service import Service
from backlit.workspace import Workspace

ESM = (importlib.resources.files("backlit") / "static" / "widget.js").read_text(encoding="utf-8")


class NotebookWidget(anywidget.AnyWidget):
    """The page in a cell; `backlit.make_notebook_widget` makes it.

    Args:
        datasets: shown to the person.
        models: that are shared with other widgets.
        max_examples: of each dataset that is shown later.
        height: pixels.
        workspace: keeps runs; closed with the widget. Left out, the browser keeps them.

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
    _view = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True, echo_update=False)
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
        datasets: Sequence[Dataset],
        models: Sequence[ModelArgument],
        *,
        max_examples: int | None = None,
        height: int = 800,
        workspace: Workspace | None = None,
    ) -> None:
        self._workspace = workspace
        self._max_examples = max_examples
        # What is known on both sides already, and need not be told again.
        self._followed: tuple[Selection | None, Explanation | None] = (None, None)
        self._shown: Mapping[str, Any] | None = None
        self._changing = threading.RLock()  # cells, views and models change traits
        self._tab: NewTab | None = None
        self._static: DisplayHandle | None = None
        self._served, queue = MODELS.take(models, id(self))
        try:
            self._service = Service(self._served, datasets, queue, workspace)
        except BaseException:
            MODELS.give_back(id(self))
            raise
        self._closed = False
        self._messages = Messages(self._service, lambda message: self.send(message))
        self._loaded: Mapping[str, Dataset] = {one.name: one for one in datasets}
        self.datasets: Mapping[str, Dataset] = self._loaded
        super().__init__(
            _state=self._service.state().model_dump(mode="json"),
            _height=height,
            _ipykernel=ipykernel_version(),
        )
        self._id = self.model_id
        take_the_views_way(self.comm)
        self.on_msg(self._handle)
        for model in self._served:
            model.follow(self._model_changed)
        CELLS.register(self)

    def __repr__(self) -> str:
        names = ", ".join(model.info.name for model in self._served)
        return (
            f"Backlit ({names}). Where you read this instead of a page, this program shows no "
            "widgets or JavaScript is off: allow it, or call render(open_in_new_tab=True)."
        )

    def render(
        self,
        data: str | Dataset | Iterable[Mapping[str, Any] | Example] | None = None,
        *,
        open_in_new_tab: bool = False,
    ) -> None:
        """Show the page below this cell, or in a browser tab of its own.

        Args:
            data: show these examples instead of those there are, which `datasets` keeps.
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
            datasets = read_datasets([data], self._max_examples, taken=self._loaded)
            self.datasets = {**self.datasets, **{one.name: one for one in datasets}}
            self._service.set_datasets(datasets)
            self._tell_state()
        self._service.preload()
        if open_in_new_tab:
            if self._tab is None:
                self._tab = NewTab(self._service)
            display(self._tab)
            return
        display(self)
        if in_marimo():
            return  # it saves no outputs, and would show a changed one instead of the widget
        if self._static is None:
            # What is left to see once no kernel is behind the notebook any more.
            self._static = display(self._static_html(), display_id=True)
        else:
            self._static.display(self._static_html())

    @property
    def address(self) -> str | None:
        """Of the page in a tab, with its token; None until it was asked for."""
        return self._tab.address if self._tab else None

    def close(self) -> None:
        """Stop what is under way, and let go of the models."""
        if self._closed:
            return
        self._closed = True
        for model in self._served:
            model.unfollow(self._model_changed)
        self._service.close()
        if self._workspace is not None:
            self._workspace.close()
        MODELS.give_back(id(self))
        CELLS.forget(self)
        if self._tab is not None:
            self._tab.close()
        self.layout.close()  # a widget of its own, which ipywidgets would keep
        super().close()

    # ---- requests -------------------------------------------------------------------------

    def _handle(self, _: object, message: Any, buffers: object) -> None:
        self._messages.handle(message)

    def _model_changed(self, info: wire.ModelInfo) -> None:
        if info.status in ("ready", "failed"):
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
        selection = as_selection(proposal["value"], self._followed[0])
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
                selection = as_selection(None, self._followed[0])
            else:
                selection = Selection(shown.generation, shown.attributions[0].target)
            self._show(selection, shown)
        self._update_static()

    def _show(self, selection: Selection | None, explanation: Explanation | None) -> None:
        """Set from Python: both, and the page."""
        with self._changing:
            # First the page: whoever observes may set something else already.
            self._shown = to_view(selection, explanation).model_dump(mode="json")
            self._view = self._shown
            self._follow(selection, explanation)

    @traitlets.observe("_view")
    def _view_changed(self, change: Any) -> None:
        view = None if change["new"] is self._shown else read_view(change["new"] or {})
        if view is not None:
            self._follow(selection_of(view), explanation_of(view, self.explanation))

    def _follow(self, selection: Selection | None, explanation: Explanation | None) -> None:
        self._followed = (selection, explanation)
        with self.hold_trait_notifications():
            self.selection = selection
            self.explanation = explanation

    def _check_model(self, value: object) -> None:
        """The page can go on only from an answer of a model that it has, by a method it knows."""
        generation = getattr(value, "generation", None)
        names = [loaded.info.name for loaded in self._served]
        if isinstance(generation, Generation) and generation.model not in names:
            raise InputError(
                f"The answer is of {generation.model}, and this widget has {', '.join(names)}.",
                "Make the widget with that model.",
            )
        for attribution in value if isinstance(value, Explanation) else ():
            if attribution.method not in methods():
                raise InputError(
                    f"There is no method {attribution.method!r} here.", "Install what provides it."
                )

    # ---- what is left without a kernel ----------------------------------------------------

    def _update_static(self) -> None:
        if self._static is not None and self.explanation is not None:
            self._static.update(self._static_html())

    def _static_html(self) -> HTML:
        """The last map as plain HTML, which the view hides as long as it lives."""
        shown = self.explanation
        map_html = shown._repr_mimebundle_()["text/html"] if shown is not None else ""
        return HTML(f'<div class="backlit-kept-{self._id}">{map_html}</div>')
