"""What a bundle was made of besides its own folder: the places that were looked at, and what stood there."""

from dataclasses import dataclass, field

NOTHING = "nothing"
FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of one bundle; `found` says what stood at each path outside of its `folder`.

    What is inside of the folder is one look: git names a folder with all that is below it by one id.
    """

    folder: str
    found: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Whether a path is the folder itself or is in it."""
        return path == self.folder or not self.folder or path.startswith(f"{self.folder}/")

    def note(self, path: str, standing: str) -> None:
        """Note what stands at a path. That it is a folder says less than what is in it."""
        if standing != FOLDER or path not in self.found:
            self.found[path] = standing
