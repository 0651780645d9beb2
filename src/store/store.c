/* The attack data base on SQLite: one connection, write-ahead log, one transaction per case. */
#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/questions.h"
#include "store_schema.h"

#define SCHEMA_VERSION 1
#define APPLICATION_ID 0x6b656e62 /* "kenb" */

struct store {
	sqlite3 *base;
	sqlite3_stmt *put_record, *put_sample;
	int64_t number; /* of the open case; 0: none */
	char path[4096];
};

static int fail(struct store *store, struct error *error, const char *doing)
{
	int code = sqlite3_errcode(store->base);
	bool ours = code == SQLITE_MISUSE || code == SQLITE_INTERNAL;

	if (code == SQLITE_NOTADB)
		return error_set(error, ERROR_INPUT, store->path, "not a kenbi data base");
	return error_set(error, ours ? ERROR_INTERNAL : ERROR_SYSTEM, store->path, "cannot %s: %s",
			 doing, sqlite3_errmsg(store->base));
}

static int execute(struct store *store, const char *text, const char *doing, struct error *error)
{
	if (sqlite3_exec(store->base, text, NULL, NULL, NULL) != SQLITE_OK)
		return fail(store, error, doing);
	return 0;
}

static int pragma(struct store *store, const char *name, int64_t *value, struct error *error)
{
	char text[64];
	sqlite3_stmt *statement;

	snprintf(text, sizeof text, "PRAGMA %s", name);
	if (sqlite3_prepare_v2(store->base, text, -1, &statement, NULL) != SQLITE_OK)
		return fail(store, error, "read the data base");
	int step = sqlite3_step(statement);
	*value = step == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return step == SQLITE_ROW ? 0 : fail(store, error, "read the data base");
}

static int check_or_make_schema(struct store *store, struct error *error)
{
	int64_t application = 0, version = 0, tables = 0;
	char text[128];
	int result = execute(store, "BEGIN IMMEDIATE", "lock the data base", error);

	if (result < 0)
		return result;
	result = pragma(store, "application_id", &application, error);
	if (result == 0)
		result = pragma(store, "user_version", &version, error);
	if (result == 0)
		result = pragma(store, "schema_version", &tables, error);
	if (result == 0 && tables > 0 && application != APPLICATION_ID)
		result = error_set(error, ERROR_INPUT, store->path,
				   "a data base of another program, not kenbi's");
	else if (result == 0 && version > SCHEMA_VERSION)
		result = error_set(
			error, ERROR_INPUT, store->path,
			"made by a newer kenbi (data version %lld, this program knows %d); "
			"nothing was changed",
			(long long)version, SCHEMA_VERSION);
	else if (result == 0 && tables == 0) {
		snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
			 APPLICATION_ID, SCHEMA_VERSION);
		result = execute(store, store_schema, "make the tables", error);
		if (result == 0)
			result = execute(store, text, "mark the data base", error);
	}
	if (result < 0) {
		sqlite3_exec(store->base, "ROLLBACK", NULL, NULL, NULL);
		return result;
	}
	return execute(store, "COMMIT", "write the data base", error);
}

static int choose_path(const char *path, char *chosen, size_t size, struct error *error)
{
	const char *variable = getenv("KENBI_STORE");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	char folder[4000];

	if (!path && variable && *variable)
		path = variable;
	if (path) {
		snprintf(chosen, size, "%s", path);
		return 0;
	}
	if (data && data[0] == '/')
		snprintf(folder, sizeof folder, "%s/kenbi", data);
	else if (home && home[0] == '/')
		snprintf(folder, sizeof folder, "%s/.local/share/kenbi", home);
	else
		return error_set(
			error, ERROR_SYSTEM, NULL,
			"no place for the attack data base: set HOME or KENBI_STORE, or name "
			"one with --store");
	snprintf(chosen, size, "%s/attacks.db", folder);
	return file_make_folder(folder, error);
}

static int prepare(struct store *store, struct error *error)
{
	static const char record[] =
		"INSERT INTO record (\"case\", type, body) VALUES (?1, ?2, ?3)";
	static const char sample[] = "INSERT OR IGNORE INTO body (sha256, content) VALUES (?1, ?2)";

	if (sqlite3_prepare_v2(store->base, record, -1, &store->put_record, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(store->base, sample, -1, &store->put_sample, NULL) != SQLITE_OK)
		return fail(store, error, "prepare the data base");
	return 0;
}

int store_open(const char *path, struct store **store, struct error *error)
{
	struct store *opened = calloc(1, sizeof *opened);

	*store = NULL;
	if (!opened)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for the data base");
	int result = choose_path(path, opened->path, sizeof opened->path, error);
	if (result < 0) {
		free(opened);
		return result;
	}
	/* What was collected is nobody else's business. */
	mode_t mask = umask(0077);
	int opening = sqlite3_open_v2(opened->path, &opened->base,
				      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (opening == SQLITE_OK) {
		sqlite3_busy_timeout(opened->base, 10000);
		sqlite3_extended_result_codes(opened->base, 0);
		result = check_or_make_schema(opened, error);
	} else {
		result = fail(opened, error, "open the data base");
	}
	umask(mask);
	if (result == 0)
		result = execute(opened,
				 "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; "
				 "PRAGMA synchronous = NORMAL",
				 "set up the data base", error);
	if (result == 0)
		result = prepare(opened, error);
	if (result < 0) {
		store_close(opened);
		return result;
	}
	*store = opened;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_abandon_case(store);
	sqlite3_finalize(store->put_record);
	sqlite3_finalize(store->put_sample);
	sqlite3_close(store->base);
	free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

int store_begin_case(struct store *store, const char *title, int64_t *number, struct error *error)
{
	sqlite3_stmt *statement;
	int result = execute(store, "BEGIN IMMEDIATE", "begin a case", error);

	if (result < 0)
		return result;
	if (sqlite3_prepare_v2(store->base, "INSERT INTO \"case\" (title) VALUES (?1)", -1,
			       &statement, NULL) != SQLITE_OK)
		return fail(store, error, "begin a case");
	sqlite3_bind_text(statement, 1, title, -1, SQLITE_TRANSIENT);
	int step = sqlite3_step(statement);
	sqlite3_finalize(statement);
	if (step != SQLITE_DONE) {
		fail(store, error, "begin a case");
		sqlite3_exec(store->base, "ROLLBACK", NULL, NULL, NULL);
		return error ? error->code : ERROR_SYSTEM;
	}
	*number = store->number = sqlite3_last_insert_rowid(store->base);
	return 0;
}

static int run(struct store *store, sqlite3_stmt *statement, struct error *error)
{
	int step = sqlite3_step(statement);
	int result = step == SQLITE_DONE ? 0 : fail(store, error, "write to the data base");
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return result;
}

int store_put(struct store *store, const json_t *record, struct error *error)
{
	const char *type = json_string_value(json_object_get(record, "type"));

	if (!store->number || !type)
		return error_set(error, ERROR_INTERNAL, store->path,
				 store->number ? "a record without a type" : "no case is open");
	char *body = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (!body)
		return error_set(error, ERROR_MEMORY, store->path, "no memory for a record");
	sqlite3_bind_int64(store->put_record, 1, store->number);
	sqlite3_bind_text(store->put_record, 2, type, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(store->put_record, 3, body, -1, SQLITE_TRANSIENT);
	free(body);
	return run(store, store->put_record, error);
}

int store_put_sample(struct store *store, struct bytes content, struct error *error)
{
	char sha256[DIGEST_TEXT_SIZE];

	if (!store->number)
		return error_set(error, ERROR_INTERNAL, store->path, "no case is open");
	sqlite3_bind_text(store->put_sample, 1, digest_text(content, sha256), -1, SQLITE_TRANSIENT);
	sqlite3_bind_blob64(store->put_sample, 2, content.data ? (const void *)content.data : "",
			    content.length, SQLITE_STATIC);
	return run(store, store->put_sample, error);
}

int store_end_case(struct store *store, struct error *error)
{
	int result = execute(store, "COMMIT", "write the case", error);

	if (result == 0)
		store->number = 0;
	return result;
}

void store_abandon_case(struct store *store)
{
	if (store->number)
		sqlite3_exec(store->base, "ROLLBACK", NULL, NULL, NULL);
	store->number = 0;
}

static int take_body(sqlite3_stmt *statement, const char *sha256, struct buffer *content,
		     struct error *error)
{
	buffer_fini(content);
	buffer_init(content, SIZE_MAX / 2);
	if (buffer_append(content, sqlite3_column_blob(statement, 0),
			  (size_t)sqlite3_column_bytes(statement, 0)) < 0)
		return error_set(error, ERROR_MEMORY, sha256, "no memory for the sample");
	return 0;
}

int store_get_sample(struct store *store, const char *sha256, struct buffer *content,
		     struct error *error)
{
	sqlite3_stmt *statement;
	int step, result = 0, found = 0;

	buffer_init(content, SIZE_MAX / 2);
	size_t length = strspn(sha256, "0123456789abcdef");
	if (sha256[length] || length < STORE_PREFIX || length > 64)
		return error_set(error, ERROR_INPUT, sha256,
				 "a sample is named by its SHA-256 or the first %d or more of its "
				 "digits, in lower case",
				 STORE_PREFIX);
	/* Digests that begin so lie between the prefix and the prefix with a letter behind 'f'. */
	if (sqlite3_prepare_v2(store->base,
			       "SELECT content FROM body WHERE sha256 >= ?1 AND sha256 < ?1 || 'g' "
			       "LIMIT 2",
			       -1, &statement, NULL) != SQLITE_OK)
		return fail(store, error, "read a sample");
	sqlite3_bind_text(statement, 1, sha256, -1, SQLITE_TRANSIENT);
	while (result == 0 && (step = sqlite3_step(statement)) != SQLITE_DONE) {
		if (step != SQLITE_ROW)
			result = fail(store, error, "read a sample");
		else if (++found > 1)
			result = error_set(error, ERROR_INPUT, sha256,
					   "several samples in %s begin so; give more digits",
					   store->path);
		else
			result = take_body(statement, sha256, content, error);
	}
	sqlite3_finalize(statement);
	if (result == 0 && !found)
		result = error_set(error, ERROR_INPUT, sha256, "no such sample in %s", store->path);
	return result;
}

struct question {
	const char *name, *meaning, *text;
};

#define STORE_QUESTION_ROW(name, meaning, text) { name, meaning, text },
static const struct question questions[] = { STORE_QUESTIONS(STORE_QUESTION_ROW) };
#undef STORE_QUESTION_ROW

const char *store_question(size_t index, const char **meaning)
{
	if (index >= sizeof questions / sizeof *questions)
		return NULL;
	*meaning = questions[index].meaning;
	return questions[index].name;
}

static const struct question *find_question(const char *name)
{
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		if (strcmp(questions[i].name, name) == 0)
			return &questions[i];
	return NULL;
}

static json_t *row_json(sqlite3_stmt *statement)
{
	json_t *row = json_object();

	for (int i = 0; row && i < sqlite3_column_count(statement); i++) {
		const char *name = sqlite3_column_name(statement, i);
		const char *text = (const char *)sqlite3_column_text(statement, i);
		json_t *value = NULL;
		switch (sqlite3_column_type(statement, i)) {
		case SQLITE_INTEGER:
			value = json_integer(sqlite3_column_int64(statement, i));
			break;
		case SQLITE_FLOAT: value = json_real(sqlite3_column_double(statement, i)); break;
		case SQLITE_NULL: value = json_null(); break;
		default:
			/* Bodies and action lists are JSON already. */
			if (text[0] == '{' || text[0] == '[')
				value = json_loads(text, 0, NULL);
			if (!value)
				value = json_string(text);
		}
		json_object_set_new(row, name, value);
	}
	return row;
}

int store_query(struct store *store, const char *name, const char *filter, unsigned limit,
		store_row *give, void *context, struct error *error)
{
	const struct question *question = find_question(name);
	sqlite3_stmt *statement;

	if (!question)
		return error_set(error, ERROR_USAGE, name,
				 "no such question; `kenbi store --help` lists them");
	if (sqlite3_prepare_v2(store->base, question->text, -1, &statement, NULL) != SQLITE_OK)
		return fail(store, error, "ask the data base");
	sqlite3_bind_int64(statement, 1, limit ? (int64_t)limit : -1);
	if (filter && sqlite3_bind_parameter_count(statement) >= 2)
		sqlite3_bind_text(statement, 2, filter, -1, SQLITE_TRANSIENT);
	int result = 0, step;
	while (result == 0 && (step = sqlite3_step(statement)) != SQLITE_DONE) {
		if (step != SQLITE_ROW) {
			result = fail(store, error, "ask the data base");
			break;
		}
		json_t *row = row_json(statement);
		if (!row)
			result = error_set(error, ERROR_MEMORY, store->path, "no memory for a row");
		else
			result = give(context, row);
		json_decref(row);
	}
	sqlite3_finalize(statement);
	return result;
}
