"""The claims that documents make in words, and the computations that test them."""
