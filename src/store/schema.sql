-- The attack data base, version 1. Records are kept as JSON, as docs/records.md describes them; the columns
-- beside them are computed from it, so that they can never disagree.
CREATE TABLE "case" (
	number  INTEGER PRIMARY KEY AUTOINCREMENT,
	title   TEXT NOT NULL,
	started TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE TABLE record (
	number  INTEGER PRIMARY KEY,
	"case"  INTEGER NOT NULL REFERENCES "case" (number) ON DELETE CASCADE,
	type    TEXT NOT NULL,
	body    TEXT NOT NULL CHECK (json_valid(body)),
	id      INTEGER GENERATED ALWAYS AS (json_extract(body, '$.id')) VIRTUAL,
	src     TEXT GENERATED ALWAYS AS (coalesce(json_extract(body, '$.src'), json_extract(body, '$.flow.src'))) VIRTUAL,
	dst     TEXT GENERATED ALWAYS AS (coalesce(json_extract(body, '$.dst'), json_extract(body, '$.flow.dst'))) VIRTUAL,
	dport   INTEGER GENERATED ALWAYS AS (coalesce(json_extract(body, '$.dport'), json_extract(body, '$.flow.dport'))) VIRTUAL,
	kind    TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
	code    TEXT GENERATED ALWAYS AS (json_extract(body, '$.code')) VIRTUAL,
	sha256  TEXT GENERATED ALWAYS AS (json_extract(body, '$.sha256')) VIRTUAL
);
CREATE INDEX record_by_case ON record ("case", type);
CREATE INDEX record_by_source ON record (type, src);
CREATE INDEX record_by_port ON record (type, dport);
CREATE INDEX record_by_kind ON record (kind) WHERE kind IS NOT NULL;
CREATE INDEX record_by_code ON record (code) WHERE code IS NOT NULL;
CREATE INDEX record_by_sha256 ON record (sha256) WHERE sha256 IS NOT NULL;
CREATE TABLE body (
	sha256  TEXT PRIMARY KEY,
	content BLOB NOT NULL
) WITHOUT ROWID;
