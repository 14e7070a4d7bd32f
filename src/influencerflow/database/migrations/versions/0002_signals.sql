-- `document` is kept by triggers, so that a new creator is found by its words at once; everything else is the worker's,
-- which reads it from the text with the lexicon of `lexicon_version` (NULL: not read yet).
CREATE TABLE creator_signals (
    creator_id uuid PRIMARY KEY REFERENCES creators (id) ON DELETE CASCADE,
    document tsvector NOT NULL,
    topics jsonb NOT NULL DEFAULT '{}',
    topic_keys text[] NOT NULL DEFAULT '{}',
    countries text[] NOT NULL DEFAULT '{}',
    language text,
    gender text,
    account text,
    inferred_niche text,
    flags text[] NOT NULL DEFAULT '{}',
    lexicon_version integer
);
CREATE INDEX creator_signals_document_idx ON creator_signals USING gin (document);
CREATE INDEX creator_signals_topics_idx ON creator_signals USING gin (topic_keys);
CREATE INDEX creator_signals_countries_idx ON creator_signals USING gin (countries);
CREATE INDEX creator_signals_outdated_idx ON creator_signals (lexicon_version);
CREATE INDEX creators_country_idx ON creators (upper(country));

-- The stemming of the language a creator is said to speak; English where nothing is said.
CREATE FUNCTION text_search_config(language text) RETURNS regconfig LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE split_part(lower(language), '-', 1)
        WHEN 'ar' THEN 'arabic' WHEN 'da' THEN 'danish' WHEN 'de' THEN 'german' WHEN 'el' THEN 'greek'
        WHEN 'es' THEN 'spanish' WHEN 'fi' THEN 'finnish' WHEN 'fr' THEN 'french' WHEN 'hi' THEN 'hindi'
        WHEN 'hu' THEN 'hungarian' WHEN 'id' THEN 'indonesian' WHEN 'it' THEN 'italian' WHEN 'nl' THEN 'dutch'
        WHEN 'no' THEN 'norwegian' WHEN 'pt' THEN 'portuguese' WHEN 'ro' THEN 'romanian' WHEN 'ru' THEN 'russian'
        WHEN 'sv' THEN 'swedish' WHEN 'tr' THEN 'turkish' ELSE 'english'
    END::regconfig
$$;

-- Words as they are and stemmed; A for name and niche, B for the handle, C for the bio.
CREATE FUNCTION creator_document(name text, channel text, niche text, about text, language text) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('simple', unaccent(concat_ws(' ', name, niche))), 'A')
        || setweight(to_tsvector('simple', unaccent(translate(coalesce(channel, ''), '@._-', '    '))), 'B')
        || setweight(to_tsvector('simple', unaccent(coalesce(left(about, 20000), ''))), 'C')
        || setweight(to_tsvector(text_search_config(language), unaccent(coalesce(left(about, 20000), ''))), 'D')
$$;

CREATE FUNCTION index_creator_texts(creator_ids uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO creator_signals (creator_id, document)
    SELECT id, creator_document(name, channel_name, niche, about, language) FROM creators WHERE id = ANY (creator_ids)
    ON CONFLICT (creator_id) DO UPDATE SET document = excluded.document, lexicon_version = NULL
$$;

CREATE OR REPLACE FUNCTION enqueue_inserted_creators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM index_creator_texts(array_agg(id)) FROM inserted HAVING count(*) > 0;
    PERFORM enqueue_embeddings(array_agg(id)) FROM inserted HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION enqueue_edited_creators() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    edited_ids uuid[];
BEGIN
    SELECT array_agg(n.id) INTO edited_ids
    FROM edited n JOIN previous o ON o.id = n.id
    WHERE (n.name, n.platform, n.channel_name, n.niche, n.about, n.language)
        IS DISTINCT FROM (o.name, o.platform, o.channel_name, o.niche, o.about, o.language);
    IF edited_ids IS NOT NULL THEN
        PERFORM index_creator_texts(edited_ids);
        PERFORM enqueue_embeddings(edited_ids);
    END IF;
    RETURN NULL;
END $$;

SELECT index_creator_texts(array_agg(id)) FROM creators HAVING count(*) > 0;

-- What a stored run was asked beside its filters, and what was read from its brief. Runs of before have to be made anew.
DELETE FROM match_runs;
DELETE FROM match_scores WHERE rank IS NOT NULL;
ALTER TABLE match_runs
    ADD COLUMN options jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN understood jsonb NOT NULL DEFAULT '{}';
