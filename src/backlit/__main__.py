"""`python -m backlit`."""

from backlit.cli import app

app()
