"""The libraries of neurons: a table of classes each, and the form in which tables are written."""
