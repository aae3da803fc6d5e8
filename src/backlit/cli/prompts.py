"""A prompt as it is given to a command: as text, or in a file."""

import json
import sys
from pathlib import Path

from backlit.errors import InputError, PromptError
from backlit.types import Prompt


def prompt_of(text: str | None, file: Path | None, messages: Path | None) -> Prompt:
    """The one of the three that was given."""
    if messages is not None:
        return _messages(messages)
    return text if text is not None else read(file)


def _messages(path: Path) -> Prompt:
    """A chat from a file: a list of messages, or an object that holds them as `messages`."""
    from backlit.explaining.prompts import as_prompt

    try:
        value = json.loads(read(path))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.", "Fix it and try again.") from error
    if isinstance(value, dict):
        value = value.get("messages")
    if not isinstance(value, list):
        raise PromptError(
            f"{path} holds no list of messages.",
            'Write [{"role": "user", "content": "…"}], or an object with "messages".',
        )
    return as_prompt(value)


def read(path: Path | None) -> str:
    """A file's text, without the newline that editors put at its end."""
    assert path is not None
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror}.", "Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8 and try again."
        ) from error
    return text.removesuffix("\n").removesuffix("\r")
