-- Everything here may meet a platform database that already has some of it: add what is missing, drop and retype nothing.

-- 1. The catalogue and the briefs ------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    platform text NOT NULL
);
ALTER TABLE creators
    ADD COLUMN IF NOT EXISTS channel_name text,
    ADD COLUMN IF NOT EXISTS niche text,
    ADD COLUMN IF NOT EXISTS about text,
    ADD COLUMN IF NOT EXISTS followers_count text,
    ADD COLUMN IF NOT EXISTS followers_count_numeric bigint,
    ADD COLUMN IF NOT EXISTS engagement_rate double precision,
    ADD COLUMN IF NOT EXISTS avg_views bigint,
    ADD COLUMN IF NOT EXISTS collaboration_rate double precision,
    ADD COLUMN IF NOT EXISTS country text,
    ADD COLUMN IF NOT EXISTS language text,
    ADD COLUMN IF NOT EXISTS profile_image text,
    ADD COLUMN IF NOT EXISTS audience jsonb,
    ADD COLUMN IF NOT EXISTS past_brands text[],
    ADD COLUMN IF NOT EXISTS source text,
    ADD COLUMN IF NOT EXISTS external_id text,
    ADD COLUMN IF NOT EXISTS created_at timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz DEFAULT now();

-- One creator per platform and channel; '@anna' and 'Anna' are one channel. An adopted table may hold duplicates already:
-- then the index is not unique, and the import updates the oldest of them.
DO $$
BEGIN
    IF EXISTS (SELECT FROM creators WHERE channel_name IS NOT NULL
               GROUP BY lower(platform), lower(ltrim(channel_name, '@')) HAVING count(*) > 1) THEN
        RAISE WARNING 'creators holds several rows for one platform and channel: the unique index is left out';
        CREATE INDEX IF NOT EXISTS creators_platform_channel_idx
            ON creators (lower(platform), lower(ltrim(channel_name, '@')));
    ELSE
        CREATE UNIQUE INDEX IF NOT EXISTS creators_platform_channel_key
            ON creators (lower(platform), lower(ltrim(channel_name, '@')));
    END IF;
END $$;
CREATE INDEX IF NOT EXISTS creators_source_external_id_idx ON creators (source, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS creators_followers_idx ON creators (followers_count_numeric);
CREATE INDEX IF NOT EXISTS creators_name_trgm_idx ON creators
    USING gin ((lower(coalesce(name, '') || ' ' || coalesce(channel_name, ''))) gin_trgm_ops);

CREATE TABLE IF NOT EXISTS campaigns (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid()
);
ALTER TABLE campaigns
    ADD COLUMN IF NOT EXISTS brand_name text,
    ADD COLUMN IF NOT EXISTS product_name text,
    ADD COLUMN IF NOT EXISTS product_description text,
    ADD COLUMN IF NOT EXISTS target_audience text,
    ADD COLUMN IF NOT EXISTS key_use_cases text[],
    ADD COLUMN IF NOT EXISTS campaign_goal text,
    ADD COLUMN IF NOT EXISTS product_niche text,
    ADD COLUMN IF NOT EXISTS total_budget double precision,
    ADD COLUMN IF NOT EXISTS status text DEFAULT 'draft',
    ADD COLUMN IF NOT EXISTS created_at timestamptz DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz DEFAULT now();

-- 2. Models and vectors ----------------------------------------------------------------------------------------------

CREATE TABLE embedding_models (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    name text NOT NULL,
    dimensions integer NOT NULL CHECK (dimensions BETWEEN 1 AND 4000),
    text_version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    created_at timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz,
    UNIQUE (provider, name, dimensions, text_version)
);
CREATE UNIQUE INDEX embedding_models_one_active ON embedding_models (state) WHERE state = 'active';

CREATE TABLE creator_embeddings (
    model_id integer NOT NULL REFERENCES embedding_models (id),
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    embedding_vector halfvec NOT NULL,
    content_hash bytea NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_id, creator_id)
) PARTITION BY LIST (model_id);
CREATE INDEX creator_embeddings_creator_id_idx ON creator_embeddings (creator_id);

-- A partition's vectors all have its model's dimensions, which the HNSW index needs to know.
CREATE FUNCTION create_embedding_partition(model_id integer, dimensions integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE creator_embeddings_%1$s PARTITION OF creator_embeddings'
                   '(CHECK (vector_dims(embedding_vector) = %2$s)) FOR VALUES IN (%1$s)', model_id, dimensions);
    EXECUTE format('CREATE INDEX creator_embeddings_%1$s_hnsw ON creator_embeddings_%1$s'
                   ' USING hnsw ((embedding_vector::halfvec(%2$s)) halfvec_cosine_ops)', model_id, dimensions);
END $$;

-- `creators.embedding_vector` reads as in the guide. A platform with a real column of that name keeps its column, which
-- wins over the function, and which the worker keeps filled.
CREATE FUNCTION embedding_vector(creators) RETURNS vector LANGUAGE sql STABLE AS $$
    SELECT e.embedding_vector::vector
    FROM creator_embeddings e JOIN embedding_models m ON m.id = e.model_id AND m.state = 'active'
    WHERE e.creator_id = $1.id
$$;

-- 3. The queue -------------------------------------------------------------------------------------------------------

CREATE TABLE embedding_jobs (
    model_id integer NOT NULL REFERENCES embedding_models (id) ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    generation bigint NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'failed')),
    due_at timestamptz NOT NULL DEFAULT now(),
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    leased_by uuid,
    lease_expires_at timestamptz,
    last_error text,
    PRIMARY KEY (model_id, creator_id)
);
CREATE INDEX embedding_jobs_due_idx ON embedding_jobs (due_at) WHERE state = 'queued';
CREATE INDEX embedding_jobs_lease_idx ON embedding_jobs (lease_expires_at) WHERE state = 'running';
CREATE INDEX embedding_jobs_creator_id_idx ON embedding_jobs (creator_id);

-- One job per model and creator. A newer edit bumps the generation, so that whoever holds the job knows its text is old.
-- Payloads are empty: identical ones collapse into a single notification per transaction.
CREATE FUNCTION enqueue_embeddings(creator_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO embedding_jobs (model_id, creator_id)
    SELECT m.id, c.id
    FROM embedding_models m CROSS JOIN unnest(creator_ids) AS c (id)
    WHERE m.state IN ('building', 'active')
    ORDER BY m.id, c.id
    ON CONFLICT (model_id, creator_id) DO UPDATE
    SET generation = embedding_jobs.generation + 1,
        state = CASE embedding_jobs.state WHEN 'running' THEN 'running' ELSE 'queued' END,
        due_at = now(), enqueued_at = now(), attempts = 0, last_error = NULL;
    IF FOUND THEN
        PERFORM pg_notify('creator_embedding_needed', '');
    END IF;
END $$;

CREATE FUNCTION enqueue_inserted_creators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_embeddings(array_agg(id)) FROM inserted HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_enqueue_inserted AFTER INSERT ON creators
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION enqueue_inserted_creators();

-- Only what the creator's text is made of counts: a refresh of followers queues nothing.
CREATE FUNCTION enqueue_edited_creators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_embeddings(array_agg(n.id))
    FROM edited n JOIN previous o ON o.id = n.id
    WHERE (n.name, n.platform, n.channel_name, n.niche, n.about)
        IS DISTINCT FROM (o.name, o.platform, o.channel_name, o.niche, o.about)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_enqueue_edited AFTER UPDATE ON creators
    REFERENCING OLD TABLE AS previous NEW TABLE AS edited FOR EACH STATEMENT EXECUTE FUNCTION enqueue_edited_creators();

-- 4. What changed ----------------------------------------------------------------------------------------------------

-- The sum of `changes` is the catalogue's change counter. Rows become visible with the change they count, so a reader
-- never pairs a new counter with old data, and writers never wait for each other as they would on one counter row.
CREATE TABLE catalogue_changes (changes bigint NOT NULL);

CREATE FUNCTION count_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue_changes VALUES (1);
    RETURN NULL;
END $$;
CREATE TRIGGER creators_count_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON creators
    FOR EACH STATEMENT EXECUTE FUNCTION count_catalogue_change();

CREATE TABLE embedding_usage (
    model_id integer NOT NULL REFERENCES embedding_models (id) ON DELETE CASCADE,
    day date NOT NULL,
    requests bigint NOT NULL DEFAULT 0,
    texts bigint NOT NULL DEFAULT 0,
    tokens bigint NOT NULL DEFAULT 0,
    cost_usd numeric(18, 8) NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (model_id, day)
);

-- 5. Matches ---------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS match_scores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    match_score double precision NOT NULL,
    niche_match double precision NOT NULL,
    audience_match double precision NOT NULL,
    engagement_score double precision NOT NULL,
    budget_fit double precision NOT NULL,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    UNIQUE (campaign_id, creator_id)
);
-- `details` is the match as it was shown, without what a profile may change; `rank` counts from 1 within the run.
ALTER TABLE match_scores
    ADD COLUMN IF NOT EXISTS rank integer,
    ADD COLUMN IF NOT EXISTS reasons jsonb,
    ADD COLUMN IF NOT EXISTS details jsonb,
    ADD COLUMN IF NOT EXISTS fingerprint text;
CREATE INDEX IF NOT EXISTS idx_match_scores_campaign_id ON match_scores (campaign_id);
CREATE INDEX IF NOT EXISTS idx_match_scores_creator_id ON match_scores (creator_id);
CREATE INDEX IF NOT EXISTS idx_match_scores_match_score ON match_scores (match_score);
CREATE INDEX match_scores_campaign_rank_idx ON match_scores (campaign_id, rank);

-- One stored run per campaign: what was asked, of which state of things, and when.
CREATE TABLE match_runs (
    campaign_id uuid PRIMARY KEY REFERENCES campaigns (id) ON DELETE CASCADE,
    fingerprint text NOT NULL,
    filters jsonb NOT NULL,
    total integer NOT NULL,
    stored integer NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now()
);
