"""Fixtures for tests of questions."""

from kit.fixtures.quiz import asking, bank, front, quiz

__all__ = ["asking", "bank", "front", "quiz"]
