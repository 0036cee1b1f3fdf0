"""What every kind of file is read into."""

from dataclasses import dataclass, field


class DocumentError(Exception):
    """A file that cannot be read; the message says in the offices' words what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """
    The text of a file, a paragraph a line.

    ``levels`` gives the level, from 1, of the lines (numbered from 0) that the file itself marks as headings; the
    cells of a table's row are separated by tabs. ``warnings`` are sentences about what was left out.
    """

    text: str
    levels: dict[int, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Lines:
    """The lines of a document being read."""

    lines: list[str] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)

    def add(self, text: str, level: int | None = None) -> None:
        """Append a paragraph, which its own line breaks part into lines; an empty one is left out."""
        for line in text.splitlines():
            if stripped := line.strip():
                if level is not None:
                    self.levels[len(self.lines)] = level
                self.lines.append(stripped)

    def document(self, *warnings: str) -> Document:
        return Document("\n".join(self.lines), self.levels, warnings)


def note_mark(digits: str, before: str) -> str:
    """Return raised digits as they are to be read: a power behind a letter (m²), the mark of a note elsewhere."""
    if before[-1:].isascii() and before[-1:].isalpha():
        return digits.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return digits if digits.startswith(("[", "〔", "［", "【")) else f"[{digits}]"
