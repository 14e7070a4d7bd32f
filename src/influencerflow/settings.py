"""Every setting, read from the environment. `docs/settings.md` lists them; a test keeps the two in step."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from influencerflow.errors import ConfigurationError


class Server(BaseModel):
    """Where a model is served, and the key it takes; None for OpenAI's own address, and for no key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    api_key: SecretStr | None = None


class Settings(BaseSettings):
    """Environment variables carry the prefix `INFLUENCERFLOW_`, except OpenAI's own two."""

    model_config = SettingsConfigDict(env_prefix="INFLUENCERFLOW_", populate_by_name=True, extra="ignore")

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("influencerflow"))
    database_url: SecretStr | None = None
    encoder: Literal["local", "openai"] = "local"
    openai_api_key: SecretStr | None = Field(default=None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    openai_model: str = "text-embedding-3-small"
    openai_dimensions: int = Field(default=1536, ge=1, le=4000)
    openai_servers: dict[str, Server] = Field(default_factory=dict)
    embed_batch_size: int | None = Field(default=None, ge=1, le=2048)
    embed_requests_in_flight: int = Field(default=4, ge=1, le=64)
    embed_lease_seconds: float = Field(default=30, ge=1, le=3600)
    embed_prices: dict[str, Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)
    embed_monthly_cap_usd: Decimal | None = Field(default=None, ge=0)
    benchmarks: Path | None = None
    profile_images: bool = True
    search_memory_mb: int = Field(default=2048, ge=0)
    max_upload_mb: int = Field(default=100, ge=1, le=2000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    @property
    def embedded(self) -> bool:
        """Whether the database is the one InfluencerFlow runs itself."""
        return self.database_url is None

    def server_of(self, model: str) -> Server:
        """A model with a server of its own never gets the others' key."""
        return self.openai_servers.get(model) or Server(base_url=self.openai_base_url, api_key=self.openai_api_key)


@lru_cache
def load_settings() -> Settings:
    """Raises ConfigurationError naming the variable that is wrong."""
    try:
        return Settings()
    except SettingsError as error:
        field = str(error).split('"')[1]
        variable = f"INFLUENCERFLOW_{field.upper()}"
        raise ConfigurationError(f"{variable} is not JSON.", remedy=f"Correct or unset {variable}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        variable = field if field.isupper() else f"INFLUENCERFLOW_{field.upper()}"
        raise ConfigurationError(f"{variable}: {first['msg']}.", remedy=f"Correct or unset {variable}.") from None
