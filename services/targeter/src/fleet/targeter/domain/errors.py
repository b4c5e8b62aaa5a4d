"""What can be wrong with what people declared.

TargeterError
├── InvalidSelector   a label selector that Kubernetes would refuse
├── InvalidQuestion   a question that cannot be answered as it was asked
└── TargetingError    a bundle that cannot be targeted; its text stands in the Bundle's Ready condition
"""


class TargeterError(Exception):
    """Base of what the targeter raises on purpose."""


class InvalidSelector(TargeterError):
    """A label selector that Kubernetes would refuse; the text says which part and what would do."""


class InvalidQuestion(TargeterError):
    """A question about clusters or deployments that cannot be answered as it was asked."""


class TargetingError(TargeterError):
    """A bundle that cannot be targeted as it is; what runs of it stays as it is.

    `where` is the path inside the bundle's spec, empty when it is about the whole bundle.
    """

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"targeting error: {where}: {reason}" if where else f"targeting error: {reason}")
