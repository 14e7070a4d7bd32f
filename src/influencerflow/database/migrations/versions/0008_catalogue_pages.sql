-- 1. Browsing: each order has an index that holds the id as well, so that a page begins right behind the one before. Creators
-- whose value is unknown are at the other end of the same index, and come last in either direction.

CREATE INDEX creators_by_followers_idx ON creators (followers_count_numeric, id);
DROP INDEX IF EXISTS creators_followers_idx;
CREATE INDEX creators_by_engagement_idx ON creators (engagement_rate, id);
CREATE INDEX creators_by_rate_idx ON creators (collaboration_rate, id);
CREATE INDEX creators_by_age_idx ON creators (created_at, id);
-- Names of adopted tables may be longer than an index takes.
CREATE INDEX creators_by_name_idx ON creators (left(lower(name), 80), id);

-- 2. Notes -----------------------------------------------------------------------------------------------------------

-- `deleted_at`: a note that was deleted can be brought back.
CREATE TABLE creator_notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    body text NOT NULL CHECK (body <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX creator_notes_creator_id_idx ON creator_notes (creator_id, created_at);

-- 3. What changed ----------------------------------------------------------------------------------------------------

-- Profile and price, field by field: people change them now and then. No foreign key: checking it is a query a row, which a
-- refresh of the whole catalogue would pay for; rows of deleted creators are deleted by a trigger instead.
CREATE TABLE creator_changes (
    creator_id uuid NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    field text NOT NULL,
    before text,
    after text
);
CREATE INDEX creator_changes_creator_id_idx ON creator_changes (creator_id, changed_at);

-- Figures, which are refreshed by the million: at most one row per creator and week, holding what they were when the week
-- (its Monday) began. The present ones are in `creators`.
CREATE TABLE creator_figures (
    creator_id uuid NOT NULL,
    week date NOT NULL,
    followers_count_numeric bigint,
    engagement_rate double precision,
    avg_views bigint,
    PRIMARY KEY (creator_id, week)
);

CREATE FUNCTION record_creator_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO creator_figures (creator_id, week, followers_count_numeric, engagement_rate, avg_views)
    SELECT o.id, date_trunc('week', now())::date, known_count(o.followers_count_numeric), known_figure(o.engagement_rate),
           known_count(o.avg_views)
    FROM previous o JOIN edited n ON n.id = o.id
    WHERE (n.followers_count_numeric, n.engagement_rate, n.avg_views)
        IS DISTINCT FROM (o.followers_count_numeric, o.engagement_rate, o.avg_views)
    ON CONFLICT DO NOTHING;

    INSERT INTO creator_changes (creator_id, field, before, after)
    SELECT o.id, f.field, left(f.before, 2000), left(f.after, 2000)
    FROM previous o JOIN edited n ON n.id = o.id
    CROSS JOIN LATERAL (VALUES
        ('name', o.name::text, n.name::text),
        ('platform', o.platform::text, n.platform::text),
        ('channel_name', o.channel_name::text, n.channel_name::text),
        ('niche', o.niche::text, n.niche::text),
        ('about', o.about::text, n.about::text),
        ('collaboration_rate', o.collaboration_rate::text, n.collaboration_rate::text),
        ('country', o.country::text, n.country::text),
        ('language', o.language::text, n.language::text),
        ('profile_image', o.profile_image::text, n.profile_image::text),
        ('past_brands', array_to_string(o.past_brands, ', '), array_to_string(n.past_brands, ', '))
    ) AS f (field, before, after)
    WHERE (n.collaboration_rate, n.country, n.language, n.niche, n.name, n.platform, n.channel_name, n.profile_image,
           n.past_brands, n.about)
        IS DISTINCT FROM (o.collaboration_rate, o.country, o.language, o.niche, o.name, o.platform, o.channel_name,
           o.profile_image, o.past_brands, o.about)
      AND f.before IS DISTINCT FROM f.after;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_record_changes AFTER UPDATE ON creators
    REFERENCING OLD TABLE AS previous NEW TABLE AS edited FOR EACH STATEMENT EXECUTE FUNCTION record_creator_changes();

CREATE FUNCTION forget_deleted_creators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM creator_changes c USING deleted d WHERE c.creator_id = d.id;
    DELETE FROM creator_figures f USING deleted d WHERE f.creator_id = d.id;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_forget_deleted AFTER DELETE ON creators
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION forget_deleted_creators();

CREATE FUNCTION forget_all_creators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE creator_changes, creator_figures;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_forget_all AFTER TRUNCATE ON creators FOR EACH STATEMENT EXECUTE FUNCTION forget_all_creators();

-- 4. Imports by upload -----------------------------------------------------------------------------------------------

-- `task` is what is to be done next with the file, or was done last: `check` reads it and counts what an import would do,
-- `import` does it. The file is kept in the database, so that any process on any host can work on it, and is deleted with the
-- import that used it.
CREATE TABLE creator_imports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    filename text NOT NULL,
    size bigint NOT NULL,
    task text NOT NULL DEFAULT 'check' CHECK (task IN ('check', 'import')),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    options jsonb NOT NULL DEFAULT '{}',
    columns jsonb,
    outcome jsonb,
    error text,
    report text,
    progress real NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    lease uuid,
    lease_expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX creator_imports_created_at_idx ON creator_imports (created_at);

CREATE TABLE creator_import_files (
    import_id uuid NOT NULL REFERENCES creator_imports (id) ON DELETE CASCADE,
    part integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (import_id, part)
);
ALTER TABLE creator_import_files ALTER content SET STORAGE EXTERNAL;
