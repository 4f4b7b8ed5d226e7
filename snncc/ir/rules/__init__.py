"""The rules V001, V002, … that every network obeys: their ids, and the check of each.

* `rule_ids.py`: the id and the sentence of each rule: add a rule here first
* `check_rules.py`: the check of each rule (`verify`)
* `vanishing.py`: registers of which a factor is rounded to zero, and every value with it

The rules by which targets refuse (C001, T001, L001, S001) are in `rules.py` of each backend.
"""
