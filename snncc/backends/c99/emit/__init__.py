"""A program as C: the header, the source, its constants, a README. Never: a decision."""
