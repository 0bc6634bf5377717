"""The computations that test the claims that documents make in words."""
