"""What a dataset is: a name and examples, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from backlit.errors import DataError
from backlit.types import Prompt, shortened

MAX_BYTES = 200 * 1024 * 1024  # of a dataset, as a file and unpacked


@dataclass(frozen=True, slots=True, repr=False)
class Example:
    """A prompt to look at, and what is known about it.

    Attributes:
        id: unique within its dataset.
        prompt: raw text or chat messages.
        target: the response to explain, exactly as it follows the prompt.
        source: where the prompt came from, to group and search by.
        fields: whatever else its row held, JSON-ready.
    """

    id: str
    prompt: Prompt
    target: str | None = None
    source: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        """`example["prompt"]` is `example.prompt`, and other keys are its row's."""
        if key in ("id", "prompt", "target", "source"):
            return getattr(self, key)
        return self.fields[key]

    def __repr__(self) -> str:
        prompt = self.prompt if isinstance(self.prompt, str) else f"{len(self.prompt)} messages"
        return f"<Example {self.id}: {shortened(prompt)}>"


class Dataset(Protocol):
    """Examples under a name. Anything with these two will do."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def examples(self) -> Sequence[Example]:
        """Every example, in order; their ids differ."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class ExampleList:
    """A dataset held in memory; `address` says where it was read from."""

    name: str
    examples: tuple[Example, ...]
    address: str = ""

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {len(self.examples)} examples>"


def too_large(what: str, limit: int) -> DataError:
    """The error for a dataset of more than `limit` bytes.

    Args:
        what: a file or an address, as people know it.
    """
    return DataError(
        f"{what} is larger than {limit // (1024 * 1024)} MB.",
        "Load a part of it: keep the rows that you want to look at in a file of their own.",
    )
