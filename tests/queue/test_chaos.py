"""The short form of `benchmarks/chaos.py`."""

from pathlib import Path

import pytest
from benchmarks.chaos import Plan, run


@pytest.mark.slow
def test_killed_workers_and_a_restarted_database_lose_nothing(tmp_path: Path) -> None:
    plan = Plan(creators=800, kills=6, restarts=2)
    outcome = run(plan, tmp_path)
    assert (outcome.lost, outcome.stale, outcome.failed) == (0, 0, 0)
    interrupted = plan.kills + plan.restarts * plan.workers
    assert outcome.repeated_texts <= plan.batch * interrupted
    assert outcome.edits > 0
