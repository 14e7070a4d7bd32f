"""OpenAI's embeddings endpoint, or any that speaks the same protocol (`OPENAI_BASE_URL`)."""

from collections.abc import Sequence

import numpy as np
import openai

from influencerflow.embeddings.encoder import Encoding, RejectedInputError, Vectors, normalized
from influencerflow.errors import ConfigurationError, EncoderUnavailableError
from influencerflow.settings import Settings

# The endpoint takes 8,192 tokens an input; no script needs fewer than about one token per character.
MAX_CHARACTERS = 8_000


class OpenAIEncoder:
    provider = "openai"
    query_centres: Vectors | None = None

    def __init__(self, name: str, dimensions: int, settings: Settings) -> None:
        if settings.openai_api_key is None and settings.openai_base_url is None:
            raise ConfigurationError(
                "The openai encoder needs a key.",
                remedy="Set OPENAI_API_KEY (and OPENAI_BASE_URL for a compatible server), or INFLUENCERFLOW_ENCODER=local.",
            )
        self.name = name
        self.dimensions = dimensions
        self._client = openai.OpenAI(
            api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else "unused",
            base_url=settings.openai_base_url,
            timeout=30,
            max_retries=2,
        )

    def encode_query(self, texts: Sequence[str]) -> Encoding:
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> Encoding:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Encoding:
        # Only the third generation can shorten its vectors; other models refuse the parameter.
        dimensions = self.dimensions if self.name.startswith("text-embedding-3") else openai.omit
        try:
            response = self._client.embeddings.create(
                model=self.name, input=[text[:MAX_CHARACTERS] for text in texts], dimensions=dimensions
            )
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise EncoderUnavailableError(
                f"The embedding provider refused the key: {_reason(error)}", remedy="Check OPENAI_API_KEY."
            ) from error
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise RejectedInputError(f"The embedding provider refused the input: {_reason(error)}") from error
        except openai.OpenAIError as error:
            raise EncoderUnavailableError(
                f"The embedding provider does not answer: {_reason(error)}", remedy="It is tried again by itself."
            ) from error
        ordered = sorted(response.data, key=lambda item: item.index)
        if [item.index for item in ordered] != list(range(len(texts))):
            raise EncoderUnavailableError(f"The provider sent {len(ordered)} vectors for {len(texts)} texts.")
        if any(len(item.embedding) != self.dimensions for item in ordered):
            raise ConfigurationError(
                f"{self.name} sent vectors of {len(ordered[0].embedding)} dimensions instead of {self.dimensions}.",
                remedy="Set INFLUENCERFLOW_OPENAI_DIMENSIONS to the model's and add it as a model of its own.",
            )
        vectors = np.array([item.embedding for item in ordered], dtype=np.float32)
        return Encoding(normalized(vectors), response.usage.total_tokens)


def _reason(error: openai.OpenAIError) -> str:
    return str(error).splitlines()[0][:300].rstrip(".") + "."
