"""Signals in the database."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from influencerflow.creators.signals import LEXICON_VERSION, Signals


def write_signals(connection: Connection, read: Mapping[UUID, Signals]) -> None:
    """Counts as a change of the catalogue. Documents, made of raw texts by a trigger, are made anew of what counts of them."""
    if not read:
        return
    connection.execute(text("INSERT INTO catalogue_changes VALUES (1)"))
    connection.execute(
        text("""
            UPDATE creator_signals s
            SET document = creator_document(:name, :channel_name, :niche, :about, c.language), flags = :flags,
                topics = :topics, topic_keys = :topic_keys, countries = :countries, language = :language,
                gender = :gender, account = :account, inferred_niche = :inferred_niche, lexicon_version = :lexicon_version
            FROM creators c WHERE c.id = s.creator_id AND s.creator_id = :creator_id
        """).bindparams(bindparam("topics", type_=JSONB)),
        [
            {
                "creator_id": creator_id,
                "name": signals.counted.name,
                "channel_name": signals.counted.channel_name,
                "niche": signals.counted.niche,
                "about": signals.counted.about,
                "flags": list(signals.flags),
                "topics": signals.topics,
                "topic_keys": signals.topic_keys,
                "countries": list(signals.countries),
                "language": signals.language,
                "gender": signals.gender,
                "account": signals.account,
                "inferred_niche": signals.inferred_niche,
                "lexicon_version": LEXICON_VERSION,
            }
            for creator_id, signals in sorted(read.items())
        ],
    )


def enqueue_outdated(connection: Connection) -> None:
    """Queues the creators that were read with another lexicon, or never; their vectors are kept if the text is."""
    connection.execute(
        text("""
            SELECT enqueue_embeddings(array_agg(creator_id)) FROM creator_signals s
            WHERE (lexicon_version IS NULL OR lexicon_version < :version OR lexicon_version > :version)
              AND NOT EXISTS (SELECT FROM embedding_jobs j WHERE j.creator_id = s.creator_id)
            HAVING count(*) > 0
        """),
        {"version": LEXICON_VERSION},
    )
