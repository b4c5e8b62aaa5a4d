"""Value templates: Go's template syntax with sprig's functions between `${` and `}` (fleet.md 3.4).

The only package that knows the library which renders them. It is pinned and young, so what it gives is held
against Go's own engine by a test.
"""

from fleet.targeter.domain.templating.engine import CLOSE, OPEN, Template, TemplateError, parsed
from fleet.targeter.domain.templating.reads import ANNOTATIONS, LABELS, NAME, NAMESPACE, VALUES, Path

__all__ = [
    "ANNOTATIONS",
    "CLOSE",
    "LABELS",
    "NAME",
    "NAMESPACE",
    "OPEN",
    "VALUES",
    "Path",
    "Template",
    "TemplateError",
    "parsed",
]
