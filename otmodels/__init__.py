"""Optimal transport as linear programming."""
