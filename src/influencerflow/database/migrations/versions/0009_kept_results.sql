-- A result is a row: its creators in their order, with what their scores were. Without a similarity, a creator was not embedded.
-- Not logged: what a crash takes away is asked for again.
CREATE UNLOGGED TABLE kept_results (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    request jsonb NOT NULL,
    brief jsonb NOT NULL,
    model_id integer NOT NULL REFERENCES embedding_models (id) ON DELETE CASCADE,
    matching integer NOT NULL,
    creator_ids uuid[] NOT NULL,
    scores double precision[] NOT NULL,
    similarities double precision[] NOT NULL,
    same_as uuid[] NOT NULL
);
CREATE INDEX kept_results_created_idx ON kept_results (created_at);

-- Those older than an hour, and all but the latest thousand, so that they cannot fill the disk.
CREATE FUNCTION forget_kept_results() RETURNS void LANGUAGE sql AS $$
    DELETE FROM kept_results WHERE id IN (
        SELECT id FROM kept_results
        WHERE created_at < greatest(now() - interval '1 hour',
                                    (SELECT created_at FROM kept_results ORDER BY created_at DESC OFFSET 999 LIMIT 1))
        FOR UPDATE SKIP LOCKED
    )
$$;

-- No index on the figures of `creators`, and room for the next version of a row on its own page: then a refresh of the figures
-- leaves its indexes alone. Lists are put in order by the facets, which hold the same and are touched anyway.
ALTER TABLE creators SET (fillfactor = 85);
DROP INDEX creators_by_followers_idx, creators_by_engagement_idx, creators_by_rate_idx;
DROP INDEX creator_facets_followers_idx, creator_facets_engagement_idx, creator_facets_rate_idx;
CREATE INDEX creator_facets_followers_idx ON creator_facets (followers, creator_id);
CREATE INDEX creator_facets_engagement_idx ON creator_facets (engagement, creator_id);
CREATE INDEX creator_facets_rate_idx ON creator_facets (rate, creator_id);
