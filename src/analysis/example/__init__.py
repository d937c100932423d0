"""The synthetic demonstration county (示范县): complete raw files from a seed."""

from analysis.example.county import county

__all__ = ["county"]
