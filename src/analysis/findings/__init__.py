"""Sentences (Chinese and English) written from result tables; nothing is computed here."""

from analysis.findings.sentences import Sentences, notes, number, place_name, stage_name

__all__ = ["Sentences", "notes", "number", "place_name", "stage_name"]
