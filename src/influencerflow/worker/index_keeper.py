"""The worker's thread that makes a vector index which is missing, beside embedding and searching."""

import threading
import time

import structlog

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import backfill_waits
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.index_due import models_without_index, written
from influencerflow.embeddings.registry import EmbeddingModel
from influencerflow.errors import ConflictError, InfluencerFlowError

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# A load that has not written for so long, such as at a spending cap, does not keep searches waiting for their index.
STALLED_SECONDS = 300.0
PAUSE_SECONDS = 60.0


class IndexKeeper:
    def __init__(self, database: Database) -> None:
        self._database = database
        # By model: how much was written when last seen to grow, and when that was (monotonic).
        self._grown: dict[int, tuple[int, float]] = {}

    def keep(self, stopping: threading.Event) -> None:
        while not stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except ConflictError:  # another worker makes it
                stopping.wait(PAUSE_SECONDS)
            except InfluencerFlowError as error:
                log.warning("the vector index is not made yet", reason=error.message)
                stopping.wait(PAUSE_SECONDS)
            except Exception:
                log.exception("the vector index is not made yet", seconds=PAUSE_SECONDS)
                stopping.wait(PAUSE_SECONDS)

    def look(self) -> None:
        """Makes whatever index is missing and is not better made after a load that goes on."""
        with self._database.transaction() as connection:
            due = [
                model
                for model in models_without_index(connection)
                if not backfill_waits(connection, model.id) or self._has_stalled(model, written(connection, model))
            ]
        for model in due:
            log.info("making the vector index", model=model.name)
            began = time.monotonic()
            build_index(self._database, model, say=log.warning)
            log.info("the vector index is made", model=model.name, seconds=round(time.monotonic() - began, 1))

    def _has_stalled(self, model: EmbeddingModel, so_far: int) -> bool:
        now = time.monotonic()
        known, since = self._grown.get(model.id, (-1, now))
        if known != so_far:
            known, since = so_far, now
        self._grown[model.id] = (known, since)
        return now - since >= STALLED_SECONDS
