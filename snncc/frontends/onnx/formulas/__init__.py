"""One tick of a file as formulas, and formulas as nodes of a network. Never: a format of files."""
