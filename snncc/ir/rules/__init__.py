"""The rules V001, V002, … that every network obeys: their ids, and the check of each."""
