-- What filters look at, in one spelling, beside a copy of the active model's vector: creators that pass are compared where
-- they lie, which a join with `creator_embeddings` would make several times slower. No HNSW index lies on it, so that a
-- refresh of figures stays cheap. Kept by triggers; unknown is NULL. `rate` is never 0, which would be no price.
CREATE TABLE creator_facets (
    creator_id uuid PRIMARY KEY REFERENCES creators (id) ON DELETE CASCADE,
    followers bigint,
    avg_views bigint,
    engagement double precision,
    rate double precision,
    credibility double precision,
    updated_at timestamptz,
    has_contact boolean NOT NULL DEFAULT false,
    platform text,
    country text,
    language text,
    niche text,
    past_brands text[],
    vector halfvec
) WITH (toast_tuple_target = 8160);
-- Only creators whose audience is known: shares between 0 and 1 by dimension and label.
CREATE TABLE creator_audiences (
    creator_id uuid PRIMARY KEY REFERENCES creators (id) ON DELETE CASCADE,
    shares jsonb NOT NULL
);

-- 1. Reading `creators.audience`, which may hold anything ------------------------------------------------------------

-- A finite number of at least 0, also as '45%' or '0.45'; NULL for all else.
CREATE FUNCTION audience_number(value jsonb) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        WHEN jsonb_typeof(value) = 'number' AND length(value #>> '{}') < 300 AND (value #>> '{}')::numeric >= 0
            THEN (value #>> '{}')::double precision
        WHEN jsonb_typeof(value) = 'string' AND (value #>> '{}') ~ '^\s*\+?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})%?\s*$'
            THEN rtrim(btrim(value #>> '{}', E' \t\r\n'), '%')::double precision
    END
$$;

-- Folded as the countries of a request are; NULL for what is no label of the dimension.
CREATE FUNCTION audience_label(dimension text, label text) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT CASE dimension
        WHEN 'gender' THEN CASE
            WHEN folded IN ('female', 'f', 'women', 'woman', 'females', 'w') THEN 'female'
            WHEN folded IN ('male', 'm', 'men', 'man', 'males') THEN 'male'
            WHEN folded IN ('other', 'unknown', 'non-binary', 'nonbinary', 'diverse', 'u', 'x') THEN 'other'
        END
        WHEN 'age' THEN CASE
            WHEN band IS NOT NULL THEN CASE WHEN band[1]::int <= band[2]::int THEN band[1]::int || '-' || band[2]::int END
            WHEN since IS NOT NULL THEN since[1]::int || '-' || since[1]::int + 19
        END
        WHEN 'country' THEN regexp_replace(btrim(regexp_replace(replace(unaccent(translate(folded, '-_.(),', '      ')),
                                                                       '&', ' and '), '\s+', ' ', 'g')), '^the ', '')
        ELSE nullif(folded, '')
    END
    FROM (
        SELECT folded, regexp_match(folded, '(\d{1,3})\s*(?:[-–—_]|to)\s*(\d{1,3})') AS band,
               regexp_match(folded, '(\d{1,3})\s*\+') AS since
        FROM (SELECT lower(btrim(regexp_replace(label, '\s+', ' ', 'g'))) AS folded) f
    ) parsed
$$;

-- NULL when the shares cannot be those of an audience. Percent as soon as one is above 1. Everyone has an age and a
-- gender: shares that leave out more than a tenth of them say nothing; beyond rounding, no whole adds up to more than 1.
CREATE FUNCTION audience_dimension(dimension text, raw jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH numbers AS (
        SELECT key, audience_number(value) AS number
        FROM jsonb_each(CASE jsonb_typeof(raw) WHEN 'object' THEN raw ELSE '{}' END)
    ), shares AS (
        SELECT audience_label(dimension, key) AS label, sum(number) * (SELECT CASE WHEN max(number) > 1 THEN 0.01 ELSE 1 END FROM numbers)
            AS share
        FROM numbers WHERE number IS NOT NULL GROUP BY 1
    )
    SELECT jsonb_object_agg(label, least(share, 1)) FROM shares WHERE label IS NOT NULL
    HAVING sum(share) > 0 AND max(share) <= 1.05 AND (dimension = 'interest' OR sum(share) <= 1.05)
       AND (dimension NOT IN ('age', 'gender') OR sum(share) >= 0.9)
$$;

-- NULL when nothing of it is known; a report on nobody says nothing.
CREATE FUNCTION audience_shares(audience jsonb) RETURNS jsonb LANGUAGE sql STABLE STRICT AS $$
    SELECT jsonb_object_agg(dimension, shares)
    FROM unnest(ARRAY['age', 'gender', 'country', 'interest']) AS d (dimension),
         audience_dimension(dimension, audience -> dimension) AS shares
    WHERE shares IS NOT NULL AND coalesce(audience_number(audience -> 'sample_size'), 1) >= 1
    HAVING count(*) > 0
$$;

-- The share of an audience between two ages, both included; within a band all ages count alike.
CREATE FUNCTION audience_age_share(bands jsonb, firsts integer[], lasts integer[]) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT sum(value::double precision * greatest(0, least(band[2]::int, wanted.last) - greatest(band[1]::int, wanted.first) + 1)
               / (band[2]::int - band[1]::int + 1))
    FROM jsonb_each_text(bands), string_to_array(key, '-') AS band, unnest(firsts, lasts) AS wanted (first, last)
$$;

-- 2. Kept by triggers ------------------------------------------------------------------------------------------------

CREATE VIEW creator_facets_read AS
    SELECT id AS creator_id, followers_count_numeric::bigint AS followers, avg_views::bigint,
           engagement_rate::double precision AS engagement, nullif(collaboration_rate::double precision, 0) AS rate,
           CASE WHEN credibility <= 1 THEN credibility WHEN credibility <= 100 THEN credibility / 100 END AS credibility,
           updated_at::timestamptz,
           coalesce(about ~ '[[:alnum:]][[:alnum:]._%+-]*@[[:alnum:]-]+([.][[:alnum:]-]+)*[.][[:alpha:]]{2,}', false) AS has_contact,
           lower(btrim(platform)) AS platform, upper(btrim(country)) AS country,
           lower(split_part(replace(btrim(language), '_', '-'), '-', 1)) AS language, lower(btrim(niche)) AS niche,
           (SELECT array_agg(DISTINCT lower(btrim(brand))) FROM unnest(past_brands) AS b (brand) HAVING count(*) > 0) AS past_brands
    FROM creators LEFT JOIN LATERAL audience_number(audience -> 'credibility') AS credibility ON true;

CREATE FUNCTION read_creator_facets(creator_ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO creator_facets (creator_id, followers, avg_views, engagement, rate, credibility, updated_at, has_contact,
                                platform, country, language, niche, past_brands)
    SELECT creator_id, followers, avg_views, engagement, rate, credibility, updated_at, has_contact, platform, country,
           language, niche, past_brands
    FROM creator_facets_read WHERE creator_id = ANY (creator_ids)
    ON CONFLICT (creator_id) DO UPDATE SET
        followers = excluded.followers, avg_views = excluded.avg_views, engagement = excluded.engagement,
        rate = excluded.rate, credibility = excluded.credibility, updated_at = excluded.updated_at,
        has_contact = excluded.has_contact, platform = excluded.platform, country = excluded.country,
        language = excluded.language, niche = excluded.niche, past_brands = excluded.past_brands;
    DELETE FROM creator_audiences WHERE creator_id = ANY (creator_ids);
    INSERT INTO creator_audiences (creator_id, shares)
    SELECT id, shares FROM creators, audience_shares(audience) AS shares
    WHERE id = ANY (creator_ids) AND audience IS NOT NULL AND shares IS NOT NULL
$$;

CREATE FUNCTION read_inserted_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM read_creator_facets(array_agg(id)) FROM inserted HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_read_inserted_facets AFTER INSERT ON creators
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION read_inserted_facets();

-- A refresh of figures, the daily case, is one narrow update; only rows whose profile changed are read whole.
CREATE FUNCTION read_edited_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE creator_facets f
    SET followers = n.followers_count_numeric, avg_views = n.avg_views, engagement = n.engagement_rate,
        rate = nullif(n.collaboration_rate, 0), updated_at = n.updated_at
    FROM edited n JOIN previous o ON o.id = n.id
    WHERE f.creator_id = n.id
      AND (n.followers_count_numeric, n.avg_views, n.engagement_rate, n.collaboration_rate, n.updated_at)
          IS DISTINCT FROM (o.followers_count_numeric, o.avg_views, o.engagement_rate, o.collaboration_rate, o.updated_at);
    PERFORM read_creator_facets(array_agg(n.id))
    FROM edited n JOIN previous o ON o.id = n.id
    WHERE (n.platform, n.country, n.language, n.niche, n.about, n.past_brands, n.audience)
        IS DISTINCT FROM (o.platform, o.country, o.language, o.niche, o.about, o.past_brands, o.audience)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER creators_read_edited_facets AFTER UPDATE ON creators
    REFERENCING OLD TABLE AS previous NEW TABLE AS edited FOR EACH STATEMENT EXECUTE FUNCTION read_edited_facets();

SELECT read_creator_facets(array_agg(id)) FROM creators HAVING count(*) > 0;

-- 3. The copy of the active model's vectors --------------------------------------------------------------------------

-- Whether every vector of the model is copied; false from the moment a model is activated until its copy is made.
ALTER TABLE embedding_models ADD COLUMN copied boolean NOT NULL DEFAULT false;

-- The lock keeps another model from being activated between the look at the active one and the commit.
CREATE FUNCTION copy_written_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active integer;
BEGIN
    SELECT id INTO active FROM embedding_models WHERE state = 'active' FOR SHARE;
    UPDATE creator_facets f SET vector = w.embedding_vector
    FROM written w WHERE w.model_id = active AND f.creator_id = w.creator_id;
    RETURN NULL;
END $$;
CREATE TRIGGER creator_embeddings_copy_inserted AFTER INSERT ON creator_embeddings
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION copy_written_vectors();
CREATE TRIGGER creator_embeddings_copy_updated AFTER UPDATE ON creator_embeddings
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION copy_written_vectors();

-- Copies the vectors of the next creators of the active model; the last creator copied, NULL when there are no more. Vectors
-- are locked first: one that a worker is about to replace must not overwrite the newer copy.
CREATE FUNCTION copy_active_vectors(after_creator uuid, how_many integer) RETURNS uuid LANGUAGE sql AS $$
    WITH batch AS MATERIALIZED (
        SELECT e.creator_id, e.embedding_vector
        FROM creator_embeddings e
        WHERE e.model_id = (SELECT id FROM embedding_models WHERE state = 'active') AND e.creator_id > after_creator
        ORDER BY e.creator_id LIMIT how_many FOR SHARE
    ), copied AS (
        UPDATE creator_facets f SET vector = b.embedding_vector FROM batch b WHERE f.creator_id = b.creator_id
    )
    SELECT creator_id FROM batch ORDER BY creator_id DESC LIMIT 1
$$;

UPDATE creator_facets f SET vector = e.embedding_vector
FROM creator_embeddings e JOIN embedding_models m ON m.id = e.model_id AND m.state = 'active'
WHERE f.creator_id = e.creator_id;
UPDATE embedding_models SET copied = true WHERE state = 'active';

-- 4. Indexes ---------------------------------------------------------------------------------------------------------

-- Made after the table is filled, which is faster.
CREATE INDEX creator_facets_followers_idx ON creator_facets (followers);
CREATE INDEX creator_facets_engagement_idx ON creator_facets (engagement);
CREATE INDEX creator_facets_avg_views_idx ON creator_facets (avg_views);
CREATE INDEX creator_facets_rate_idx ON creator_facets (rate);
CREATE INDEX creator_facets_country_idx ON creator_facets (country);
CREATE INDEX creator_facets_language_idx ON creator_facets (language);
CREATE INDEX creator_facets_niche_idx ON creator_facets (niche);
CREATE INDEX creator_facets_past_brands_idx ON creator_facets USING gin (past_brands) WHERE past_brands IS NOT NULL;
CREATE INDEX creator_facets_unembedded_idx ON creator_facets (creator_id) WHERE vector IS NULL;
-- With no index on its figures, and room in its pages, a refresh of `creators` touches none of its indexes.
DROP INDEX IF EXISTS creators_followers_idx;
