"""A package that a stranger might publish: an op, a pass, a target, a frontend and neurons."""
