"""Prompts to look at: the sample prompts, or a file or URL of your own."""

from backlit.data.base import Dataset, Example
from backlit.data.readers import load_dataset

__all__ = ["Dataset", "Example", "load_dataset"]
