"""The public edition: small counts suppressed so that nobody can compute them back."""

from analysis.disclosure.attack import Interval, Statement, attack, change, share
from analysis.disclosure.public import public_edition
from analysis.disclosure.publication import Publication, crossed
from analysis.disclosure.suppression import suppress

__all__ = [
    "Interval",
    "Publication",
    "Statement",
    "attack",
    "change",
    "crossed",
    "public_edition",
    "share",
    "suppress",
]
