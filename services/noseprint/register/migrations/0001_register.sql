-- Owners, dogs and their prints.
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;

-- One confirmed owner per phone number. Whoever registers a dog with a number that is known already, and cannot
-- show that it is theirs, gets an owner of their own that is not confirmed.
CREATE TABLE owners (
    id uuid PRIMARY KEY,
    confirmed boolean NOT NULL,
    phone_hash bytea NOT NULL,
    phone_key text NOT NULL,       -- key of phone_hash
    key_id text NOT NULL,          -- key of the sealed columns
    name_sealed bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    email_sealed bytea,            -- NULL: not given
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX owners_one_per_phone ON owners (phone_hash) WHERE confirmed;
CREATE INDEX owners_key ON owners (key_id);
CREATE INDEX owners_phone_key ON owners (phone_key);

-- registered: as it should be. unconfirmed: the owner of its phone number has not said yes; nothing but an
-- administrator's view shows the difference. pending: disputed, found by no search until a person decided.
CREATE TABLE dogs (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES owners,
    state text NOT NULL CHECK (state IN ('registered', 'unconfirmed', 'pending')),
    registration_number text NOT NULL UNIQUE,
    masked_number text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    breed text NOT NULL CHECK (char_length(breed) <= 100),
    sex text NOT NULL CHECK (sex IN ('male', 'female', 'unknown')),
    birth_year smallint,
    profile_key text UNIQUE,       -- of the picture in the object storage
    disputed_with uuid,            -- the dog that a pending one was taken for
    registered_at timestamptz NOT NULL
);
CREATE INDEX dogs_newest ON dogs (registered_at DESC, id DESC);
CREATE INDEX dogs_owner ON dogs (owner_id);
CREATE INDEX dogs_masked_number ON dogs (masked_number);
CREATE INDEX dogs_undecided ON dogs (registered_at) WHERE state <> 'registered';

CREATE TABLE prints (
    id uuid PRIMARY KEY,
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    picture_key text NOT NULL UNIQUE,
    box real[] NOT NULL CHECK (array_length(box, 1) = 4),   -- of the nose: x_min, y_min, x_max, y_max
    model_version text NOT NULL,
    embedding halfvec(256) NOT NULL,
    features bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Descriptors hardly compress.
ALTER TABLE prints ALTER COLUMN features SET STORAGE EXTERNAL;
CREATE INDEX prints_dog ON prints (dog_id);
CREATE INDEX prints_model ON prints (model_version, dog_id);

-- What search goes over: per dog and model the unit mean of its prints' embeddings. Pending dogs have none.
CREATE TABLE templates (
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    model_version text NOT NULL,
    embedding halfvec(256) NOT NULL,
    PRIMARY KEY (dog_id, model_version)
);

-- Dogs that search can find; thresholds depend on it, and counting a million rows takes too long.
CREATE TABLE register_size (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    dogs bigint NOT NULL
);
INSERT INTO register_size (dogs) VALUES (0);

CREATE FUNCTION count_dogs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state <> 'pending' THEN change := change - 1; END IF;
    IF TG_OP <> 'DELETE' AND NEW.state <> 'pending' THEN change := change + 1; END IF;
    IF change <> 0 THEN
        UPDATE register_size SET dogs = dogs + change;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER dogs_counted AFTER INSERT OR DELETE OR UPDATE OF state ON dogs
    FOR EACH ROW EXECUTE FUNCTION count_dogs();

-- Pictures on their way into the object storage: a row is committed before the first picture is uploaded, and
-- goes in the transaction that names the pictures.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    begun_at timestamptz NOT NULL DEFAULT now()
);
