"""Measures of quality on the labelled data in tests/evals/data, run by `blik eval`."""
