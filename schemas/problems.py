"""What is wrong with something that somebody gave, by field: the one base of every such refusal."""


class FieldProblem(ValueError):
    """A field that does not hold: `field` names it, as a dotted path or a header, and `problem` says what is wrong.

    Both are fit for whoever sent it: neither repeats a value.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
