"""Xuewei (学位): from a county's own spreadsheets to a defensible school building plan."""

__version__ = "0.1.0"
