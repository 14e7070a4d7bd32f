"""Every model with its state, how much of the catalogue it covers, and what it takes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from influencerflow.scoring.calibration import calibration_of


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """`due`: creators queued or being embedded for it. `calibrated`: whether a match shows a probability with it."""

    id: int
    provider: str
    name: str
    dimensions: int
    text_version: int
    state: str
    creators: int
    embedded: int
    due: int
    failed: int
    size_bytes: int
    indexed: bool
    calibrated: bool
    created_at: datetime
    activated_at: datetime | None
    deactivated_at: datetime | None
    retired_at: datetime | None
    tokens: int
    cost_usd: float

    @property
    def coverage(self) -> float:
        """0-1; 1 of an empty catalogue."""
        return self.embedded / self.creators if self.creators else 1.0


def model_figures(connection: Connection) -> list[ModelFigures]:
    """In the order they were added. Counted, not estimated: some 0.1 s a model in a catalogue of a million."""
    rows = connection.execute(
        text("""
            SELECT m.id, m.provider, m.name, m.dimensions, m.text_version, m.state, catalogue.creators,
                   (SELECT count(*) FROM creator_embeddings e WHERE e.model_id = m.id) AS embedded,
                   (SELECT count(*) FROM embedding_jobs j WHERE j.model_id = m.id AND j.state <> 'failed') AS due,
                   (SELECT count(*) FROM embedding_jobs j WHERE j.model_id = m.id AND j.state = 'failed') AS failed,
                   coalesce(pg_total_relation_size(to_regclass('creator_embeddings_' || m.id)), 0) AS size_bytes,
                   coalesce((SELECT indisvalid FROM pg_index
                             WHERE indexrelid = to_regclass('creator_embeddings_' || m.id || '_hnsw')), false) AS indexed,
                   m.created_at, m.activated_at, m.deactivated_at, m.retired_at,
                   coalesce(used.tokens, 0)::bigint AS tokens, coalesce(used.cost_usd, 0)::float8 AS cost_usd
            FROM embedding_models m CROSS JOIN (SELECT count(*) AS creators FROM creators) catalogue
            LEFT JOIN (SELECT model_id, sum(tokens) AS tokens, sum(cost_usd) AS cost_usd
                       FROM embedding_usage GROUP BY model_id) used ON used.model_id = m.id
            ORDER BY m.id
        """)
    ).mappings()
    return [
        ModelFigures(**row, calibrated=calibration_of(row["provider"], row["name"], row["text_version"]) is not None)
        for row in rows
    ]
