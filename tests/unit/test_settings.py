"""Settings that are wrong are named, and a model's server is its own."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from influencerflow.errors import ConfigurationError
from influencerflow.settings import Server, load_settings


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INFLUENCERFLOW_EMBED_PRICES", "cheap"),
        ("INFLUENCERFLOW_OPENAI_SERVERS", "http://localhost"),
        ("INFLUENCERFLOW_OPENAI_SERVERS", '{"my-model": {"url": "http://localhost"}}'),
        ("INFLUENCERFLOW_EMBED_BATCH_SIZE", "0"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert variable in str(raised.value)


def test_a_models_own_server_replaces_address_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://everybody/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-everybody")
    monkeypatch.setenv(
        "INFLUENCERFLOW_OPENAI_SERVERS", '{"mine": {"base_url": "http://mine/v1"}, "theirs": {"api_key": "sk-theirs"}}'
    )
    settings = load_settings()
    assert settings.server_of("mine") == Server(base_url="http://mine/v1")
    assert settings.server_of("theirs") == Server(api_key=SecretStr("sk-theirs"))
    assert settings.server_of("any") == Server(base_url="http://everybody/v1", api_key=SecretStr("sk-everybody"))
