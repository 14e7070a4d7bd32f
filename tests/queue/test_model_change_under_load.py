"""The short form of benchmarks/model_change.py: no search fails, and none mixes two models, whatever is done to the models."""

import pytest
from benchmarks.model_change import change_under_load

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.settings import Settings


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_searches_go_on_while_a_model_is_built_activated_rolled_back_and_retired(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ENCODER", "openai"), ("OPENAI_MODEL", "hashed-320"), ("OPENAI_DIMENSIONS", "320")):
        monkeypatch.setenv(f"INFLUENCERFLOW_{name}", value)
    settings = Settings(database_url=server.url)  # type: ignore[arg-type]
    result = change_under_load(settings, processes=2, threads=2, seconds=2)
    assert [search.error for search in result.searches if search.error] == []
    assert result.mixed == 0
    assert min(result.by_old, result.by_new) > 0
