-- What people said of matches, as a log: nothing is overwritten, a verdict taken back keeps its row. Rank, scores, model and
-- scoring version are those of the list it was said of; NULL where the creator stood in no stored list.
CREATE TABLE feedback (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    verdict text NOT NULL
        CHECK (verdict IN ('relevant', 'not_relevant', 'shortlisted', 'contacted', 'hired', 'rejected')),
    reason text,
    comment text,
    rank integer,
    match_score double precision,
    scores jsonb,
    model_id integer REFERENCES embedding_models (id) ON DELETE SET NULL,
    model_name text,
    scoring_version integer,
    fingerprint text,
    -- Not now(): the verdicts of one transaction have an order, too.
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at timestamptz
);
CREATE INDEX feedback_standing_idx ON feedback (campaign_id, creator_id, created_at DESC, id DESC) WHERE undone_at IS NULL;
CREATE INDEX feedback_created_at_idx ON feedback (created_at, id);
CREATE INDEX feedback_contacted_idx ON feedback (creator_id)
    WHERE verdict IN ('contacted', 'hired') AND undone_at IS NULL;
CREATE INDEX feedback_creator_id_idx ON feedback (creator_id);

-- The verdict that holds: the last one not taken back.
CREATE VIEW current_verdicts AS
    SELECT DISTINCT ON (campaign_id, creator_id) campaign_id, creator_id, id AS feedback_id, verdict, reason, comment, created_at
    FROM feedback WHERE undone_at IS NULL
    ORDER BY campaign_id, creator_id, created_at DESC, id DESC;

-- An entry that was removed keeps its place and note for whoever brings it back.
CREATE TABLE shortlist_entries (
    campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    creator_id uuid NOT NULL REFERENCES creators (id) ON DELETE CASCADE,
    position integer NOT NULL,
    note text,
    added_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    PRIMARY KEY (campaign_id, creator_id)
);
CREATE INDEX shortlist_entries_order_idx ON shortlist_entries (campaign_id, position) WHERE removed_at IS NULL;
CREATE INDEX shortlist_entries_creator_id_idx ON shortlist_entries (creator_id);

-- Who must not be shown, anywhere (campaign_id NULL) or in one campaign. By handle as well, since lists come as handles, and
-- hold for creators the catalogue gets to know later; a handle without a platform holds on all of them.
CREATE TABLE excluded_creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    campaign_id uuid REFERENCES campaigns (id) ON DELETE CASCADE,
    creator_id uuid REFERENCES creators (id) ON DELETE CASCADE,
    platform text,
    handle text,
    reason text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((creator_id IS NULL) <> (handle IS NULL)),
    UNIQUE NULLS NOT DISTINCT (campaign_id, creator_id, platform, handle)
);
CREATE INDEX excluded_creators_creator_id_idx ON excluded_creators (creator_id);
-- A handle without its platform has to be found as well.
CREATE INDEX creators_handle_idx ON creators (lower(ltrim(channel_name, '@')));

-- What a stored run was made with, for feedback on it. Runs of before are not known for it, and are stale anyway.
ALTER TABLE match_runs
    ADD COLUMN model_id integer REFERENCES embedding_models (id) ON DELETE SET NULL,
    ADD COLUMN scoring_version integer;
