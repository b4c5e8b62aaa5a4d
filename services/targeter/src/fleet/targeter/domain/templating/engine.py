"""Parsing and rendering, within bounds, without functions that answer differently each time."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import gotpl
from gotpl.funcs.sprig import text_func_map
from gotpl.parse.parser import parse_template
from gotpl.runtime.gofmt import sprintf

from fleet.targeter.domain.templating import bounds
from fleet.targeter.domain.templating.bounds import Clock, TooMuch, bounded
from fleet.targeter.domain.templating.reads import Path, reads_of
from fleet.targeter.domain.templating.wording import executing, parsing

OPEN, CLOSE = "${", "}"

_TAKEN_AWAY_BY_FLEET = frozenset({"env", "expandenv", "getHostByName"})
_DIFFERENT_EACH_TIME = frozenset(
    {"now", "ago", "randAlpha", "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric", "shuffle"}
    | {"uuidv4", "bcrypt", "htpasswd", "encryptAES", "derivePassword", "buildCustomCert", "genPrivateKey"}
    | {"genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey"}
    | {"genSignedCert", "genSignedCertWithKey"}
)
"""Answers that nobody can give again, or that take long: a deployment must not change by itself."""

_CACHED = 256
_NESTED = "template: values: the template is nested too deeply"


class TemplateError(Exception):
    """A template that cannot be parsed or rendered; the text is Go's."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; `reads` is what of a cluster its outcome depends on."""

    text: str
    reads: frozenset[Path]
    _tree: Any = field(repr=False)
    _compiled: gotpl.Template = field(repr=False)

    def render(self, context: Mapping[str, Any]) -> str:
        """What the template gives for a cluster's context. Raises TemplateError."""
        _CLOCK.start()
        try:
            return self._compiled.render(copy.deepcopy(dict(context)))
        except gotpl.TemplateError as error:
            if cause := _too_much(error):
                raise TemplateError(f"template: values: {cause}") from None
            raise TemplateError(executing(error, self._tree, self.text, context)) from None
        except TooMuch as error:
            raise TemplateError(f"template: values: {error}") from None
        except RecursionError:
            raise TemplateError(_NESTED) from None


@lru_cache(maxsize=_CACHED)
def parsed(text: str) -> Template:
    """Parse a template. Raises TemplateError."""
    if len(text) > bounds.LARGEST:
        raise TemplateError(f"template: values: the template has more than {bounds.LARGEST} characters")
    try:
        tree = parse_template(
            text, name="values", left_delimiter=OPEN, right_delimiter=CLOSE, functions=_FUNCTIONS
        )
        compiled = gotpl.Template(
            text,
            name="values",
            delimiters=(OPEN, CLOSE),
            functions=_FUNCTIONS,
            missing_key="error",
            budget=_BUDGET,
        )
    except gotpl.TemplateError as error:
        raise TemplateError(parsing(error)) from None
    except RecursionError:
        raise TemplateError(_NESTED) from None
    return Template(text, reads_of(tree), tree, compiled)


def _printf(text: str, *values: object) -> str:
    return sprintf(text, *values)


def _functions(clock: Clock) -> dict[str, Callable[..., Any]]:
    left_out = _TAKEN_AWAY_BY_FLEET | _DIFFERENT_EACH_TIME
    kept = {name: call for name, call in text_func_map().items() if name not in left_out}
    return bounded({**kept, "printf": _printf}, clock)


def _too_much(error: BaseException | None) -> str:
    """What a rendering asked too much of, if that is why it failed."""
    while error is not None:
        if isinstance(error, TooMuch | gotpl.BudgetExceededError):
            return str(getattr(error, "message", error))
        error = error.__cause__
    return ""


_CLOCK = Clock()
_FUNCTIONS = _functions(_CLOCK)
_BUDGET = gotpl.ExecutionBudget(
    max_output_chars=bounds.LARGEST,
    max_iterations=bounds.ITERATIONS,
    max_template_depth=bounds.DEPTH,
    max_function_calls=bounds.CALLS,
)
