-- The transaction that changed a row last: whoever keeps a copy of the facets in memory reads what its snapshot could not see,
-- `changed_by >= pg_snapshot_xmin(snapshot)`, and nothing else. Clocks and sequences would not do: what commits late is
-- numbered early. 0 is older than every snapshot.
ALTER TABLE creator_facets ADD COLUMN changed_by xid8 NOT NULL DEFAULT '0';

CREATE FUNCTION note_changed_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_by = pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER creator_facets_note_changed BEFORE INSERT OR UPDATE ON creator_facets
    FOR EACH ROW EXECUTE FUNCTION note_changed_facets();

CREATE INDEX creator_facets_changed_by_idx ON creator_facets (changed_by);
