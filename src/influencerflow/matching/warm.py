"""Gets encoders ready before a search needs them: those of the active model, and of models that may become it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from influencerflow.database.engine import Database
from influencerflow.embeddings.notices import reason_unusable
from influencerflow.embeddings.registry import encoder_for, kept_models
from influencerflow.errors import InfluencerFlowError
from influencerflow.matching.query import query_vector
from influencerflow.settings import Settings

_LOOK_SECONDS, _AFTER_FAILURE_SECONDS = 5.0, 60.0
log = structlog.get_logger()


@contextmanager
def warm_encoders(database: Database, settings: Settings) -> Iterator[None]:
    """In a thread of its own until the block ends: the first search after a start, or after a model change, is like any other."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_warm, args=(database, settings, stopping), name="warm-encoders", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=1)


def _keep_warm(database: Database, settings: Settings, stopping: threading.Event) -> None:
    while not stopping.is_set():
        pause = _LOOK_SECONDS
        try:
            warm_once(database, settings)
        except InfluencerFlowError as error:  # searches say it themselves
            log.debug("encoder not warmed", reason=str(error))
            pause = _AFTER_FAILURE_SECONDS
        stopping.wait(pause)


def warm_once(database: Database, settings: Settings) -> None:
    """Encodes one query with every model this process can use; what was encoded before costs nothing."""
    with database.transaction() as connection:
        models = kept_models(connection)
    for model in models:
        if reason_unusable(model, settings) is None:
            query_vector(encoder_for(model, settings), ("warm-up",) * 3)
