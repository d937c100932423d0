"""The public edition: small counts suppressed so that nobody can compute them back."""

from analysis.disclosure.attack import Interval, attack
from analysis.disclosure.public import public_edition
from analysis.disclosure.suppression import CountTable, suppress

__all__ = ["CountTable", "Interval", "attack", "public_edition", "suppress"]
