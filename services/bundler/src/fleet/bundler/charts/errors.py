"""Why a chart could not be had, in words for the person who named it; never with a secret."""


class ChartUnavailable(Exception):
    """The text says what was asked of whom and what came back; `status` is HTTP's, 0 where there was none."""

    def __init__(self, text: str, *, status: int = 0) -> None:
        self.status = status
        super().__init__(text)

    @property
    def refused(self) -> bool:
        """Whether other credentials might have helped."""
        return self.status in (401, 403)
