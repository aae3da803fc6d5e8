"""Causal language models of transformers, on PyTorch. Nothing is imported before one is opened."""
