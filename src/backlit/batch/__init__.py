"""A whole data set: every row answered, explained and kept, whatever ends the work in between."""

from backlit.batch.batch import Batch, load_batch
from backlit.batch.functions import explain_dataset

__all__ = ["Batch", "explain_dataset", "load_batch"]
