"""A person's work, kept in one file."""

from backlit.workspace.record import Head, Record
from backlit.workspace.workspace import Workspace

__all__ = ["Head", "Record", "Workspace"]
