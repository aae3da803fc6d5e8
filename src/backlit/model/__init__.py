"""A loaded model, how it comes to be, and the functions of the package."""

from backlit.model.functions import check, explain, prove, trace
from backlit.model.loaded import Model
from backlit.model.loading import load_model, model_of

__all__ = ["Model", "check", "explain", "load_model", "model_of", "prove", "trace"]
