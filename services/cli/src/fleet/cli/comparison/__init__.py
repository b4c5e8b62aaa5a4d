"""Does every cluster run what it shall, and say so? Read from three sources, compared pair by pair."""
