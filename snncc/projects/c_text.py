"""Texts and numbers as C writes them. Nothing else of C."""

PRINTABLE = range(0x20, 0x7F)


def text_literal(text: str) -> str:
    """A text as C writes it: in UTF-8, what is not printable ASCII in octal."""
    return '"' + "".join(map(_character, text.encode())) + '"'


def _character(code: int) -> str:
    # A question mark might begin a trigraph (C99 5.2.1.1).
    plain = code in PRINTABLE and chr(code) not in '"\\?'
    return chr(code) if plain else f"\\{code:03o}"


def integer(value: int) -> str:
    """A number of 32 bits as C writes it, in parentheses where it has a sign."""
    least = -(1 << 31)
    if value == least:
        return f"({least + 1} - 1)"
    return f"({value})" if value < 0 else str(value)
