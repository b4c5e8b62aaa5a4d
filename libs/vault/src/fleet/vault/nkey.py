"""NATS identities: key pairs whose secret half never leaves its owner."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import nkeys


@dataclass(frozen=True, slots=True)
class NkeyPair:
    """A user's nkey: the seed signs, the public key goes into the server's configuration."""

    public: str
    seed: str = field(repr=False)

    @classmethod
    def generate(cls) -> NkeyPair:
        """Make a new pair from the system's randomness."""
        seed: bytes = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
        return cls.of(seed.decode())

    @classmethod
    def of(cls, seed: str) -> NkeyPair:
        """Return the pair that a seed belongs to. Raises ValueError, without the seed, when it is none."""
        try:
            pair = nkeys.from_seed(bytearray(seed.encode()))
            public: bytes = pair.public_key
        except (nkeys.NkeysError, ValueError, TypeError, IndexError) as error:
            # The library's own message may quote the seed.
            raise ValueError(f"not an nkey seed ({type(error).__name__})") from None
        return cls(public=public.decode(), seed=seed)
