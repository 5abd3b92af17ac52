"""Critics: the exact one of two samples, and what anybody's is worth."""
