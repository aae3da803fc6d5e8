"""Measurements, each as a ratio against a floor or a peer's way in the same run."""
