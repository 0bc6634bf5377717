"""Validate the audit with planted errors."""
