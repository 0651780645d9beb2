/* From texts to a verified set: parse all, then expand and generate, so that definitions may stand
 * in any file and after their use. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/generate.h"

#define TREE_LIMIT (64u << 20)
#define SET_LIMIT  (64u << 20)
#define TEXT_LIMIT (4u << 20) /* of one file */
#define FILE_LIMIT 1024	      /* files in a folder */

struct compilation {
	struct syntax syntax;
	struct policy_set *set;
};

static int begin(struct compilation *compilation, struct error *error)
{
	*compilation = (struct compilation){ .syntax = { .error = error } };
	compilation->syntax.last_policy = &compilation->syntax.policies;
	compilation->syntax.arena = arena_new(TREE_LIMIT);
	compilation->set = calloc(1, sizeof *compilation->set);
	if (compilation->set)
		compilation->set->arena = arena_new(SET_LIMIT);
	if (!compilation->syntax.arena || !compilation->set || !compilation->set->arena)
		return error_set(error, ERROR_MEMORY, NULL, "no memory to compile policies");
	return 0;
}

/* Definitions that no policy uses must hang together too: an unknown name in one is an error at
 * once, not on the day when somebody uses it. (Their fields are checked where they are used.) */
static int check_definitions(const struct syntax *syntax)
{
	for (const struct definition *each = syntax->definitions; each; each = each->next) {
		struct draft_list drafts;
		if (!each->condition)
			continue;
		int result = expand_condition(syntax, each->condition, &drafts);
		if (result < 0)
			return result;
	}
	return 0;
}

static int generate_all(struct compilation *compilation)
{
	const struct syntax *syntax = &compilation->syntax;
	int result = check_definitions(syntax);

	for (const struct policy_text *each = syntax->policies; result == 0 && each;
	     each = each->next) {
		struct draft_list drafts;
		result = expand_condition(syntax, each->condition, &drafts);
		if (result == 0)
			result = generate_policy(syntax, each, &drafts, compilation->set);
	}
	if (result == 0)
		result = generate_index(syntax, compilation->set);
	if (result == 0)
		result = program_verify(compilation->set, syntax->error);
	return result;
}

static int finish(struct compilation *compilation, int result, struct policy_set **set)
{
	*set = NULL;
	if (result == 0)
		result = generate_all(compilation);
	arena_free(compilation->syntax.arena);
	if (result == 0)
		*set = compilation->set;
	else
		policy_set_free(compilation->set);
	return result;
}

int policy_compile(struct bytes text, const char *name, struct policy_set **set,
		   struct error *error)
{
	struct compilation compilation;

	int result = begin(&compilation, error);
	if (result == 0)
		result = syntax_parse(&compilation.syntax, text, name);
	return finish(&compilation, result, set);
}

static int is_policy_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 7 &&
	       strcmp(entry->d_name + length - 7, ".policy") == 0;
}

/* Byte order, whatever the locale: the same folder compiles to the same set everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int parse_file(struct compilation *compilation, const char *folder, const char *name)
{
	struct syntax *syntax = &compilation->syntax;
	char path[PATH_MAX];
	struct buffer content;

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return error_set(syntax->error, ERROR_INPUT, folder, "path is too long");
	int result = file_read(path, TEXT_LIMIT, &content, syntax->error);
	if (result < 0)
		return result;
	const char *kept = arena_copy(syntax->arena, bytes_of(path));
	result = kept ? syntax_parse(syntax, buffer_bytes(&content), kept)
		      : syntax_no_memory(syntax);
	buffer_fini(&content);
	return result;
}

int policy_load(const char *folder, struct policy_set **set, struct error *error)
{
	struct compilation compilation;
	struct dirent **entries = NULL;
	char path[PATH_MAX];

	if (!folder)
		folder = file_data_path("policy", path, sizeof path);
	int result = begin(&compilation, error);
	int count = 0;
	if (result == 0) {
		count = scandir(folder, &entries, is_policy_file, by_name);
		if (count < 0)
			result = error_system(error, folder, "cannot read the folder of policies");
		else if (count == 0 || count > FILE_LIMIT)
			result = error_set(error, ERROR_INPUT, folder,
					   "holds %d files *.policy, expected 1 to %d", count,
					   FILE_LIMIT);
	}
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = parse_file(&compilation, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return finish(&compilation, result, set);
}

void policy_set_free(struct policy_set *set)
{
	if (!set)
		return;
	for (int kind = 0; kind < TRACE_KINDS; kind++)
		free(set->index[kind].entries);
	arena_free(set->arena);
	free(set->rules);
	free(set->alternatives);
	free(set->code);
	free(set->texts);
	free(set->numbers);
	free(set->lists);
	free(set->prefixes);
	free(set);
}

size_t policy_count(const struct policy_set *set)
{
	return set->rule_count;
}
