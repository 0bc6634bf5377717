"""The rules of the audit, with one module for each rule."""
