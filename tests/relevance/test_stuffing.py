"""Profiles that are attacked in every way gain nothing: on the sample, a creator of the middle ranks for each brief."""

import json
import random
import statistics
from importlib.resources import files

import pytest
from benchmarks.stuffing import ATTACKS, Outcome, attacked_rank, rank_all

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import active_model, encoder_for
from influencerflow.sample.load import load_sample
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

TOP = 10


def sample_briefs() -> list[Brief]:
    raw = json.loads((files("influencerflow.sample") / "campaigns.json").read_text(encoding="utf-8"))
    return [Brief.model_validate({key: item.get(key) for key in Brief.model_fields}) for item in raw]


@pytest.mark.slow
def test_attacked_profiles_gain_nothing(database: Database, settings: Settings) -> None:
    load_sample(database)
    Worker(database, settings).drain()
    with database.transaction() as connection:
        encoder = encoder_for(active_model(connection), settings)
    chance = random.Random(11)
    outcomes: dict[str, Outcome] = {}
    for (name, attack), brief in zip(ATTACKS.items(), sample_briefs() * 2, strict=False):
        with database.transaction() as connection:
            order = rank_all(connection, encoder, brief)
        before = chance.randrange(100, 300)
        after = attacked_rank(database, encoder, order[before - 1], brief, attack)
        outcomes[name] = Outcome(before, after)
    assert len(outcomes) >= 10
    assert statistics.median(outcome.gain for outcome in outcomes.values()) <= 1, outcomes
    assert [name for name, outcome in outcomes.items() if outcome.after <= TOP] == []
