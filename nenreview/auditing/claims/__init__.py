"""Tests of the claims that documents make in words."""
