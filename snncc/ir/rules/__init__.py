"""The rules V001…V012 that every network obeys: their ids, and the check of each."""
