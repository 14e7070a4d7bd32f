"""OpenAI's embeddings endpoint, or any that speaks the same protocol (`OPENAI_BASE_URL`, `INFLUENCERFLOW_OPENAI_SERVERS`)."""

import base64
import random
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import openai

from influencerflow.embeddings.allowance import Allowance, duration
from influencerflow.embeddings.encoder import (
    AccountRefusedError,
    BadAnswerError,
    Encoding,
    RateLimitedError,
    RejectedInputError,
    TimedOutError,
    Vectors,
    normalized,
)
from influencerflow.embeddings.requests import estimate_tokens, limits_of, shorten
from influencerflow.errors import ConfigurationError, EncoderUnavailableError
from influencerflow.settings import Server

# A person waits for a query, nobody for a document. Seconds without a byte of the answer.
QUERY_TIMEOUT, DOCUMENT_TIMEOUT = 15.0, 60.0
# Longer waits are not worth holding texts for.
LONGEST_WAIT = 60.0
_FIRST_BACKOFF = 1.0
# Said outright: without it, the client would read OPENAI_BASE_URL, also for a model with a server of its own.
_OWN = ", or its entry in INFLUENCERFLOW_OPENAI_SERVERS"
_OPENAI = "https://api.openai.com/v1"


class OpenAIEncoder:
    provider = "openai"
    query_centres: Vectors | None = None

    def __init__(self, name: str, dimensions: int, server: Server) -> None:
        if server.api_key is None and server.base_url is None:
            raise ConfigurationError(
                f"The openai encoder needs a key for {name}.",
                remedy="Set OPENAI_API_KEY (and OPENAI_BASE_URL for a compatible server), or INFLUENCERFLOW_OPENAI_SERVERS for "
                "this model alone, or INFLUENCERFLOW_ENCODER=local.",
            )
        self.name = name
        self.dimensions = dimensions
        self._allowance = Allowance()
        self._client = openai.OpenAI(
            api_key=server.api_key.get_secret_value() if server.api_key else "unused",
            base_url=server.base_url or _OPENAI,
            max_retries=0,
        )

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        """Sent at once, and twice more where that may help."""
        client = self._client.with_options(timeout=QUERY_TIMEOUT, max_retries=2)
        try:
            return self._request(client, texts)
        except openai.OpenAIError as error:
            raise _explained(error) from error

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        """Waits for as long as the provider's rate limits ask; raises RateLimitedError where that is over a minute."""
        client = self._client.with_options(timeout=DOCUMENT_TIMEOUT)
        tokens = sum(map(estimate_tokens, texts))
        waited, refusals = 0.0, 0
        while True:
            waited += self._wait(tokens, waited)
            try:
                encoding = self._request(client, texts)
            except openai.RateLimitError as error:
                if _out_of_credit(error):
                    raise _explained(error) from error
                refusals += 1
                self._allowance.observe(error.response.headers)
                self._allowance.pause(_retry_after(error, refusals))
            except openai.OpenAIError as error:
                raise _explained(error) from error
            else:
                return Encoding(encoding.vectors, encoding.tokens, 1 + refusals)

    def _wait(self, tokens: int, waited: float) -> float:
        started = time.monotonic()
        while (seconds := self._allowance.seconds_to_wait(tokens)) > 0:
            if waited + time.monotonic() - started + seconds > LONGEST_WAIT:
                raise RateLimitedError("The provider's rate limit is used up.", seconds)
            time.sleep(seconds)
        return time.monotonic() - started

    def _request(self, client: openai.OpenAI, texts: Sequence[str]) -> Encoding:
        most = limits_of(self.provider, None).text_bytes
        response = client.embeddings.with_raw_response.create(
            model=self.name,
            input=[shorten(text, most) for text in texts],
            # Only the third generation can shorten its vectors; other models refuse the parameter.
            dimensions=self.dimensions if self.name.startswith("text-embedding-3") else openai.omit,
            encoding_format="base64",
        )
        self._allowance.observe(response.headers)
        try:
            answer = response.parse()
            ordered = sorted(answer.data, key=lambda item: item.index)
            positions = [item.index for item in ordered]
            rows = [_vector(item.embedding) for item in ordered]
            tokens = int(answer.usage.total_tokens)
        except (ValueError, TypeError, AttributeError) as error:
            raise BadAnswerError("The provider's answer holds no vectors that can be read.") from error
        if positions != list(range(len(texts))):
            raise BadAnswerError(f"The provider sent {len(positions)} vectors that do not fit {len(texts)} texts.")
        wrong = next((len(row) for row in rows if len(row) != self.dimensions), None)
        if wrong is not None:
            raise ConfigurationError(
                f"{self.name} sent vectors of {wrong} dimensions instead of {self.dimensions}.",
                remedy=f"Say so with `models add --dimensions {wrong}`, or INFLUENCERFLOW_OPENAI_DIMENSIONS for a new database.",
            )
        vectors = np.array(rows, dtype=np.float32)
        try:
            return Encoding(normalized(vectors), tokens)
        except RejectedInputError as error:
            raise BadAnswerError(error.message) from error


def _vector(embedding: Any) -> Vectors:
    """Base64 of little-endian floats, or plain numbers from servers that know no base64."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding), dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)


def _retry_after(error: openai.RateLimitError, refusals: int) -> float:
    """What the provider asks for, else ever longer, at random so that workers do not come back all at once."""
    headers = error.response.headers
    asked = duration(headers.get("retry-after-ms"))
    seconds = asked / 1000 if asked is not None else duration(headers.get("retry-after"))
    return seconds if seconds is not None else _FIRST_BACKOFF * 2 ** (refusals - 1) * random.uniform(0.5, 1.5)  # noqa: S311


def _out_of_credit(error: openai.RateLimitError) -> bool:
    return error.code == "insufficient_quota"


def _explained(error: openai.OpenAIError) -> Exception:
    reason = _reason(error)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return AccountRefusedError(
            f"The embedding provider refused the key: {reason}", remedy=f"Check OPENAI_API_KEY{_OWN}."
        )
    if isinstance(error, openai.RateLimitError) and _out_of_credit(error):
        return AccountRefusedError(
            f"The account at the embedding provider has no credit left: {reason}", remedy="Top it up."
        )
    if isinstance(error, openai.NotFoundError):
        return AccountRefusedError(
            f"The embedding provider does not have the model: {reason}",
            remedy=f"Check the model's name and OPENAI_BASE_URL{_OWN}.",
        )
    if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
        return RejectedInputError(f"The embedding provider refused the input: {reason}")
    kind = TimedOutError if isinstance(error, openai.APITimeoutError) else EncoderUnavailableError
    return kind(f"The embedding provider does not answer: {reason}", remedy="It is tried again by itself.")


def _reason(error: openai.OpenAIError) -> str:
    return str(error).splitlines()[0][:300].rstrip(".") + "."
