-- Who did what to which dog. Rows are added, never changed or removed, and name no person.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event text NOT NULL CHECK (event IN (
        'registered', 'refused', 'disputed', 'confirmed', 'decided', 'updated', 'prints_added', 'deleted',
        'lookup', 'verification', 'disclosure', 'reported', 'delivered', 'keys_rotated')),
    actor text NOT NULL CHECK (actor IN ('public', 'owner', 'administrator', 'system')),
    dog_id uuid,
    details jsonb NOT NULL DEFAULT '{}',
    request_id text NOT NULL DEFAULT ''
);
CREATE INDEX audit_dog ON audit (dog_id, id);
CREATE INDEX audit_event ON audit (event, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Triggers of this kind fire even in sessions that call themselves replicas.
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_not_emptied;
