"""Measure how many misprints the audit finds, by planting them in made-up trials."""
