"""Every error Backlit raises on purpose, in one tree.

    BacklitError
    ├── InputError              what was asked for can't be done as asked
    │   ├── PromptError         empty, not text, or longer than the model's context
    │   ├── TargetError         not found, empty, or not writable by the tokenizer
    │   ├── OptionsError        a generation option or method parameter out of range
    │   ├── PatternError        a custom segment pattern that is wrong or too slow
    │   ├── UnknownNameError    no method, model, dataset or granularity of that name
    │   └── DataError           rows of a dataset that can't be read
    ├── SourceError             a model's files can't be had
    │   ├── OfflineError        the network did not answer
    │   ├── NotFoundError       nothing is there under that name
    │   ├── GatedError          the owner wants a licence accepted first
    │   ├── DiskError           not enough room, or not writable
    │   ├── IntegrityError      what came is not what was promised
    │   └── UnsupportedModelError   not a causal language model, or a format we refuse
    ├── EndpointError           a server's answer can't be used
    │   └── BudgetError         it may be called no more
    ├── WorkspaceError          what is kept can't be read, or not be saved
    │   └── ReadOnlyError       it is only to be read
    ├── CapabilityError         this model can't serve this method
    ├── MissingPackageError     an optional package is not installed
    └── Cancelled               the person stopped it

A message says what happened; `hint` says what to do. Anything raised outside this
tree is a bug and is logged with its traceback.
"""

import errno
import re

_NO_MEMORY = re.compile(r"(can't|cannot) allocate memory", re.IGNORECASE)


class BacklitError(Exception):
    """What happened (`message`) and what to do about it (`hint`)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def code(self) -> str:
        """A stable name for programs: the class's name."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: what happened and what to do, not where in our code."""
        return [f"{self.code}: {self.message}", *([self.hint] if self.hint else [])]


class InputError(BacklitError): ...


class PromptError(InputError): ...


class TargetError(InputError): ...


class OptionsError(InputError): ...


class PatternError(InputError): ...


class UnknownNameError(InputError): ...


class DataError(InputError): ...


class SourceError(BacklitError): ...


class OfflineError(SourceError): ...


class NotFoundError(SourceError): ...


class GatedError(SourceError): ...


class DiskError(SourceError): ...


class IntegrityError(SourceError): ...


class UnsupportedModelError(SourceError): ...


class EndpointError(BacklitError): ...


class BudgetError(EndpointError): ...


class WorkspaceError(BacklitError): ...


class ReadOnlyError(WorkspaceError): ...


class CapabilityError(BacklitError): ...


class MissingPackageError(BacklitError): ...


class Cancelled(BacklitError):  # noqa: N818  a request honoured, not a fault
    def __init__(self, message: str = "Stopped.", hint: str = "") -> None:
        super().__init__(message, hint)


def out_of_memory(error: BaseException) -> CapabilityError | None:
    """What to say of an error if it is of memory: of Python, the system, or torch on any device."""
    if (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (not isinstance(error, BacklitError) and _NO_MEMORY.search(str(error)))
    ):
        return CapabilityError(
            "There was not enough memory for this.",
            "Shorten the prompt, close other programs, or pick a smaller model.",
        )
    return None
