"""A program as files: the model, the application around it, what it takes. No decision."""
