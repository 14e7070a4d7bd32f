-- Who works on the queue. A job names its worker in `leased_by`; the lease is the worker's, so that keeping it costs one
-- row however many jobs it holds. `paused_*` say why a worker that lives does nothing.
CREATE TABLE embedding_workers (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    process integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    lease_expires_at timestamptz NOT NULL,
    paused_reason text,
    paused_until timestamptz
) WITH (fillfactor = 50); -- renewed every few seconds: room for the next version of the row on its page

-- A number no job ever had before: a job that ended and was queued again cannot be taken for the one before it.
CREATE SEQUENCE embedding_generations;
SELECT setval('embedding_generations', coalesce((SELECT max(generation) FROM embedding_jobs), 0) + 1);

-- Lane 0 is for creators somebody just edited, lane 1 for backfills, which may be a million.
UPDATE embedding_jobs SET state = 'queued', leased_by = NULL WHERE state = 'running';
ALTER TABLE embedding_jobs
    ALTER COLUMN generation SET DEFAULT nextval('embedding_generations'),
    ADD COLUMN lane smallint NOT NULL DEFAULT 0 CHECK (lane IN (0, 1)),
    DROP COLUMN lease_expires_at;
DROP INDEX embedding_jobs_due_idx;
CREATE INDEX embedding_jobs_due_idx ON embedding_jobs (model_id, lane, due_at, creator_id) WHERE state = 'queued';
CREATE INDEX embedding_jobs_leased_by_idx ON embedding_jobs (leased_by) WHERE state = 'running';

-- Every job is updated once and deleted once. The default, a fifth of the table, would let a backfill of a million leave
-- 200,000 dead entries at the head of the index that claims read.
ALTER TABLE embedding_jobs SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 2000
);

-- One job per model and creator. A newer edit changes the generation, so that whoever holds the job knows its text is
-- old. A job that waits keeps its place, however often its creator is edited. A statement that changes more than a
-- thousand creators is a backfill. Payloads are empty: identical ones collapse into a notification per transaction.
CREATE OR REPLACE FUNCTION enqueue_embeddings(creator_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO embedding_jobs (model_id, creator_id, lane)
    SELECT m.id, c.id, CASE WHEN cardinality(creator_ids) > 1000 THEN 1 ELSE 0 END
    FROM embedding_models m CROSS JOIN unnest(creator_ids) AS c (id)
    WHERE m.state <> 'retired'
    ORDER BY m.id, c.id
    ON CONFLICT (model_id, creator_id) DO UPDATE
    SET generation = excluded.generation,
        state = CASE embedding_jobs.state WHEN 'running' THEN 'running' ELSE 'queued' END,
        lane = CASE embedding_jobs.state WHEN 'failed' THEN excluded.lane ELSE least(embedding_jobs.lane, excluded.lane) END,
        due_at = CASE embedding_jobs.state WHEN 'queued' THEN least(embedding_jobs.due_at, now()) ELSE now() END,
        enqueued_at = CASE embedding_jobs.state WHEN 'failed' THEN now() ELSE embedding_jobs.enqueued_at END,
        attempts = 0, last_error = NULL;
    IF FOUND THEN
        PERFORM pg_notify('creator_embedding_needed', '');
    END IF;
END $$;

-- A text that another creator has already is not paid for again. Hash: half the size of a B-tree, and equality is all.
CREATE INDEX creator_embeddings_content_hash_idx ON creator_embeddings USING hash (content_hash);

-- Whether the model read less than the text, which was too long for it.
ALTER TABLE creator_embeddings ADD COLUMN shortened boolean NOT NULL DEFAULT false;
