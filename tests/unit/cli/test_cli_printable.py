"""What a repository or a cluster says cannot steer the terminal of who reads it."""

from fleet.cli.domain.columns import table_text
from fleet.cli.domain.printable import printable_line, printable_lines

HOSTILE = "bad\x1b[2Jchart\rok\n\x9b1m\u00e9"


def test_control_characters_are_written_out_and_letters_stay() -> None:
    assert printable_line(HOSTILE) == "bad\\x1b[2Jchart\\rok\\n\\x9b1m\u00e9"
    assert printable_lines("a\n\x1bb") == "a\n\\x1bb"


def test_a_cell_of_a_table_stays_on_its_line() -> None:
    assert table_text([["NAME", "STATUS"], ["shop", "bad\nname \x1b"]]).count("\n") == 2
