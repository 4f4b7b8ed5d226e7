"""A program on this machine: by arrays, or by the interpreter that a board would run."""
