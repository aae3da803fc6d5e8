"""Backlit beside its peers: the same weights, ids and target, run in turn in one session."""
