"""The error tree. Each error carries its HTTP status (RFC 9457) and, for the command line, becomes one readable line.

InfluencerFlowError
├── ConfigurationError       500  a setting is missing or wrong
├── InvalidInputError        422  a field, row or file the caller can mend
├── NotFoundError            404
├── ConflictError            409  it exists already, or was changed meanwhile
├── DatabaseUnavailableError 503
└── EncoderUnavailableError  503  no key, wrong key, or the provider does not answer
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: `field` is a dotted path such as `key_use_cases.0`."""

    field: str
    message: str


class InfluencerFlowError(Exception):
    """Base of everything raised on purpose: `message` says what, `remedy` says what to do about it."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "InfluencerFlow error"

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 problem details of this error."""
        details: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        details["detail"] = self.message
        if self.remedy:
            details["remedy"] = self.remedy
        return details


class ConfigurationError(InfluencerFlowError):
    title = "Configuration error"


class InvalidInputError(InfluencerFlowError):
    status = 422
    title = "Invalid input"

    def __init__(self, message: str, *, remedy: str | None = None, errors: list[FieldError] | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.errors = errors or []

    @classmethod
    def of_field(cls, field: str, message: str) -> "InvalidInputError":
        return cls(f"{field}: {message}", errors=[FieldError(field, message)])

    def problem(self) -> dict[str, Any]:
        details = super().problem()
        if self.errors:
            details["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return details


class NotFoundError(InfluencerFlowError):
    status = 404
    title = "Not found"


class ConflictError(InfluencerFlowError):
    status = 409
    title = "Conflict"


class DatabaseUnavailableError(InfluencerFlowError):
    status = 503
    title = "Database unavailable"


class EncoderUnavailableError(InfluencerFlowError):
    status = 503
    title = "Encoder unavailable"
