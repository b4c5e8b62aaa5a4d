"""The largest sequence of each stream that this process knows of, and how far that is certain to be there."""


class Floors:
    """What was witnessed, and what the server is known to have on the present connection."""

    def __init__(self) -> None:
        self._witnessed: dict[str, int] = {}
        self._there: dict[str, tuple[int, int]] = {}

    def witness(self, stream: str, sequence: int) -> None:
        """Some record names this sequence of the stream."""
        if sequence > self._witnessed.get(stream, 0):
            self._witnessed[stream] = sequence

    def there(self, stream: str, sequence: int, generation: int) -> None:
        """The server said on this connection that the stream has, or had, this sequence."""
        self.witness(stream, sequence)
        known = self._there.get(stream, (0, 0))
        self._there[stream] = max(known, (generation, sequence))

    def in_doubt(self, stream: str, generation: int) -> int:
        """The largest sequence witnessed, or 0 where this connection has shown that it is there."""
        witnessed = self._witnessed.get(stream, 0)
        return 0 if self._there.get(stream, (0, 0)) >= (generation, witnessed) else witnessed
