"""Replaying a context trace under one or many policies."""
