"""What is shown of results, apart from how it is drawn: as HTML, as text, and in a terminal."""
