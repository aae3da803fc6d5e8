"""The page in a notebook's cell. The widget itself, and what it needs, is loaded only here."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.data import Dataset, Example
from backlit.errors import MissingPackageError, OptionsError
from backlit.workspace import Workspace

if TYPE_CHECKING:
    from backlit.notebook.widget import NotebookWidget


def make_notebook_widget(
    datasets: "Sequence[str | Dataset | Iterable[Mapping[str, Any] | Example]]" = (
        "sample_prompts",
    ),
    models: Sequence[Any] = ("smollm2",),
    *,
    batch_size: int | None = None,
    max_examples: int | None = None,
    precision: str | None = None,
    dl_framework: str | None = None,
    dl_runtime: str | None = None,
    height: int = 800,
    workspace: str | Path | None = None,
) -> "NotebookWidget":
    """The page as a widget: `widget.render()` shows it.

    Args:
        datasets: each `name:path` as for `backlit serve --data`, a `Dataset`, or rows: dicts
            with `prompt` or `messages`, and perhaps `target`, `source` and `id`, or examples of
            another dataset.
        models: each `name:source` as for `backlit serve`, or a model that is loaded already:
            what `load_model` gives or takes. The first is the default. Models given by name
            are loaded once in a kernel, when they are first shown.
        batch_size: the most altered prompts that a model reads at once; left out, what is
            quickest. Fewer take less memory and more time.
        max_examples: the most examples of each dataset; left out, all.
        precision: `float32`, `bfloat16` or `float16`, for models given by name.
        dl_framework: `kerasnlp` to have Keras run models given by name, or `transformers`;
            left out, what each name stands for.
        dl_runtime: `tensorflow`, `jax` or `torch`, for models that Keras runs.
        height: pixels.
        workspace: a file that keeps runs, as of `backlit serve --workspace`; left out, the
            browser keeps them.

    Raises:
        MissingPackageError: the notebook extra is not installed.
        InputError: a dataset that can't be read, two of one name, a number below 1, or no such
            framework or runtime.
        WorkspaceError: the workspace can't be opened.
    """
    numbers = {"batch_size": batch_size, "max_examples": max_examples, "height": height}
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise OptionsError(f"{name} is {number}.", "Use 1 or more.")
    try:
        from backlit.notebook.arguments import read_datasets, read_models
        from backlit.notebook.widget import NotebookWidget
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("anywidget", "ipywidgets", "IPython"):
            raise
        raise MissingPackageError(
            f"The notebook widget needs {error.name}, which is not installed.",
            "Run: pip install 'backlit[notebook]', then restart the kernel.",
        ) from error
    shown = read_datasets(datasets, max_examples)
    served = read_models(models, precision, batch_size, dl_framework, dl_runtime)
    kept = None if workspace is None else Workspace(workspace)
    return NotebookWidget(shown, served, max_examples=max_examples, height=height, workspace=kept)
