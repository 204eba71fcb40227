"""An error for a person at the terminal: its text and remedy, without a traceback."""

from connectors.words.language import Language, Phrase
from deploy.exits import ExitCode


class Problem(Exception):
    """Something expectable is wrong; the message says what and the remedy. A command that meets it ends with `ends`."""

    def __init__(self, message: str | Phrase, ends: ExitCode = ExitCode.PROBLEM) -> None:
        self.words = message if isinstance(message, Phrase) else Phrase(message, message)
        super().__init__(self.words.en)
        self.ends = ends

    def told(self, language: Language) -> str:
        """Return the message in a language, where it is known in it; else in English."""
        return self.words.of(language)


class Misused(Problem):
    """A person's words mean nothing, and nothing was done: wrong usage, as click says of what it cannot parse."""

    def __init__(self, message: str | Phrase) -> None:
        super().__init__(message, ExitCode.USAGE)


class Unreachable(Problem):
    """The broker or the database does not answer, or cannot tell: what was asked for could not be known."""

    def __init__(self, message: str | Phrase) -> None:
        super().__init__(message, ExitCode.UNKNOWN)


class Interrupted(Problem):
    """A person pressed Ctrl-C, or a signal came: what was done until then, and what to do."""

    def __init__(self, message: str | Phrase) -> None:
        super().__init__(message, ExitCode.INTERRUPTED)
