"""How much one reading may take: far beyond any real repository, and within the memory of its process."""

READ_BYTES = 64 << 20
"""All the files that are read, together."""

ENTRIES = 250_000
"""The files and folders of a commit."""

LEVELS = 255
"""How deep folders may stand in each other."""

LINK_BYTES = 4095
"""The text of a link, as for Linux (`PATH_MAX`); a longer one leads to nothing."""

BUNDLE_BYTES = 32 << 20
"""The files of one bundle as they are stored, and its options; Kubernetes takes a twentieth of that."""

BUNDLES_BYTES = 128 << 20
"""The files of all bundles of one reading as they are stored; a file counts in each bundle that it is in."""
