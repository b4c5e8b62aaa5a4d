"""How often something is said: an agent that errs in every message must not fill the hub's logs."""


class Warnings:
    """Lets a warning about one subject pass once per `pause` seconds, and of all subjects at most `subjects`.

    Its memory is that of so many names.
    """

    def __init__(self, *, pause: float = 60.0, subjects: int = 1000) -> None:
        self._pause = pause
        self._subjects = subjects
        self._said: dict[str, float] = {}

    def due(self, subject: str, *, now: float) -> bool:
        """Whether to warn about this subject now (`now` in seconds of a clock that never goes back)."""
        said = self._said.get(subject)
        if said is None and len(self._said) >= self._subjects:
            self._said = {name: at for name, at in self._said.items() if now - at < self._pause}
            if len(self._said) >= self._subjects:
                return False
        if said is not None and now - said < self._pause:
            return False
        self._said[subject] = now
        return True
