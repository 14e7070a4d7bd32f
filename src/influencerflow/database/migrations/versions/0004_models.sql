-- `standby` answered searches before and is kept in step, so that going back to it is instant and never shows old texts.
ALTER TABLE embedding_models DROP CONSTRAINT embedding_models_state_check;
ALTER TABLE embedding_models
    ADD CONSTRAINT embedding_models_state_check CHECK (state IN ('building', 'active', 'standby', 'retired')),
    ADD COLUMN deactivated_at timestamptz,
    ADD COLUMN retired_at timestamptz;

-- Attached rather than created in place: that would wait for every search under way, and make every new one wait as well.
-- The HNSW index of a model that is built beside the active one is made at the end, which takes a fraction of the time.
DROP FUNCTION create_embedding_partition(integer, integer);
CREATE FUNCTION create_embedding_partition(model_id integer, dimensions integer, indexed boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE creator_embeddings_%1$s (LIKE creator_embeddings INCLUDING DEFAULTS,'
                   ' CHECK (vector_dims(embedding_vector) = %2$s), CHECK (model_id = %1$s),'
                   ' PRIMARY KEY (model_id, creator_id))', model_id, dimensions);
    EXECUTE format('ALTER TABLE creator_embeddings ATTACH PARTITION creator_embeddings_%1$s FOR VALUES IN (%1$s)', model_id);
    IF indexed THEN
        EXECUTE format('CREATE INDEX creator_embeddings_%1$s_hnsw ON creator_embeddings_%1$s'
                       ' USING hnsw ((embedding_vector::halfvec(%2$s)) halfvec_cosine_ops)', model_id, dimensions);
    END IF;
END $$;

-- Queues for one model the creators it has no vector of; what is queued, running or failed already stays as it is.
CREATE FUNCTION enqueue_missing_embeddings(model integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    queued bigint;
BEGIN
    INSERT INTO embedding_jobs (model_id, creator_id, lane)
    SELECT model, c.id, 1 FROM creators c
    WHERE NOT EXISTS (SELECT FROM creator_embeddings e WHERE e.model_id = model AND e.creator_id = c.id)
    ORDER BY c.id
    ON CONFLICT (model_id, creator_id) DO NOTHING;
    GET DIAGNOSTICS queued = ROW_COUNT;
    IF queued > 0 THEN
        PERFORM pg_notify('creator_embedding_needed', '');
    END IF;
    RETURN queued;
END $$;

-- How long edits took to be searchable by meaning: a row a finished batch of the active model, appended so that workers do
-- not wait for each other, and forgotten after a day.
CREATE TABLE embedding_delays (
    finished_at timestamptz NOT NULL,
    seconds real[] NOT NULL
);
CREATE INDEX embedding_delays_finished_idx ON embedding_delays (finished_at);

CREATE FUNCTION record_embedding_delays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO embedding_delays
    SELECT clock_timestamp(), array_agg(extract(epoch FROM clock_timestamp() - f.enqueued_at)::real)
    FROM finished f JOIN embedding_models m ON m.id = f.model_id AND m.state = 'active'
    WHERE f.state = 'running' HAVING count(*) > 0;
    IF random() < 0.01 THEN
        DELETE FROM embedding_delays WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM embedding_delays WHERE finished_at < now() - interval '1 day'
            ORDER BY finished_at LIMIT 10000 FOR UPDATE SKIP LOCKED
        ));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER embedding_jobs_record_delays AFTER DELETE ON embedding_jobs
    REFERENCING OLD TABLE AS finished FOR EACH STATEMENT EXECUTE FUNCTION record_embedding_delays();
