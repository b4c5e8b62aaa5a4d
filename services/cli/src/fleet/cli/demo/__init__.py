"""`fleet demo`: the main job on real parts, in a minute, ending with a comparison by a process of its own."""
