"""The user's code, run once on real tensors: what is called, by which line, in which precision."""
