"""The module for the framework that Keras runs on: `on_torch`, `on_jax` or `on_tensorflow`."""

from importlib import import_module
from typing import Any

import keras

backend: Any = import_module(f"backlit.engines.keras_hub.on_{keras.config.backend()}")
