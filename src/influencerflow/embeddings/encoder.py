"""What every encoder offers. Queries and documents stay apart: many models want them marked differently."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from influencerflow.errors import EncoderUnavailableError, InfluencerFlowError

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """`vectors` of shape (texts, dimensions), each of length 1, and what they cost in tokens and requests."""

    vectors: Vectors
    tokens: int
    requests: int = 1


class BareModel(Protocol):
    """A model's vectors as it gives them, nothing taken away, of shape (texts, dimensions), and the tokens they took."""

    def encode(self, texts: Sequence[str], *, is_query: bool) -> tuple[Vectors, int]: ...


class Encoder(Hashable, Protocol):
    """Thread-safe. Raises EncoderUnavailableError (try later) or RejectedInputError (this input never works)."""

    provider: str
    name: str
    dimensions: int
    # Mean vectors of the background briefs, a row an aspect, where they are shipped with the encoder.
    query_centres: Vectors | None

    def encode_query(self, texts: Sequence[str]) -> Encoding: ...

    def encode_document(self, texts: Sequence[str]) -> Encoding: ...


class RejectedInputError(InfluencerFlowError):
    """The provider answered, and does not take this input."""

    status = 502
    title = "Encoder refused the input"


class BadAnswerError(EncoderUnavailableError):
    """The provider answered with something that is no vectors of these texts."""


class RateLimitedError(EncoderUnavailableError):
    """The provider takes nothing for so long that waiting with the texts in hand is no use."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, remedy="It is tried again by itself.")
        self.retry_after = retry_after


class TimedOutError(EncoderUnavailableError):
    """No answer in time: the provider is away, or too slow for so many texts at once."""


class AccountRefusedError(EncoderUnavailableError):
    """The key, the account or the model: no text will go through until a person changes something."""


def normalized(vectors: Vectors) -> Vectors:
    """Rows of length 1. Raises RejectedInputError for a vector that is zero or not finite."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise RejectedInputError("The encoder returned a vector that is zero or not finite.")
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit
