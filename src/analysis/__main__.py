"""``python -m analysis`` is the ``xuewei`` command."""

from analysis.cli import main

main()
