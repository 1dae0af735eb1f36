"""A plugin of pytest: fewer drawn examples, for thousands of runs of the same tests."""

from hypothesis import settings

settings.register_profile("few", max_examples=30, deadline=None, derandomize=True, database=None)
settings.load_profile("few")
