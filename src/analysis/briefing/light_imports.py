"""Keep a library from compiling, on import, what no notebook needs.

nbformat checks notebooks with jsonschema. On its import, jsonschema asks for ``rfc3987_syntax`` to
check internationalised addresses, which compiles some forty grammars: seconds of every process
that reads a notebook. The schema of notebooks has no such addresses, and jsonschema does without.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

GRAMMARS, ASKER = "rfc3987_syntax", "jsonschema._format"


class _WithoutGrammars(MetaPathFinder):
    """Says there is no ``rfc3987_syntax`` while jsonschema is being imported, and only then."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse the one module to the one asker; leave everything else to the others."""
        del path, target
        if name != GRAMMARS:
            return
        spec = getattr(sys.modules.get(ASKER), "__spec__", None)
        if getattr(spec, "_initializing", False):
            msg = f"{GRAMMARS} is not needed for notebooks"
            raise ModuleNotFoundError(msg, name=GRAMMARS)


def keep_light() -> None:
    """Take effect for this process, once, before anything has imported jsonschema."""
    if not any(isinstance(finder, _WithoutGrammars) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutGrammars())
