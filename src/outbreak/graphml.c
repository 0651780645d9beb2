/* GraphML by expat: only nodes, their labels and edges. A document type could define entities that
 * grow without end, so there may be none. */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/graph.h"

#define MOST_DEPTH 16
#define MOST_NAME  200

/* What a node is called in the file. */
struct graphml_id {
	const char *id;
	uint32_t node;
};

struct graphml {
	struct graph *graph;
	XML_Parser parser;
	const char *where;
	uint64_t addresses;
	unsigned depth;
	char label_key[64]; /* of the data elements that hold labels; "": none */
	bool in_node, in_label;
	char label[MOST_NAME + 1];
	size_t label_length;
	struct graphml_id *ids; /* of the nodes, in order; sorted when the first edge comes */
	size_t capacity;
	bool sorted;
	int code;
	struct error *error;
};

static unsigned long line_of(const struct graphml *file)
{
	return (unsigned long)XML_GetCurrentLineNumber(file->parser);
}

static void stop(struct graphml *file, int code)
{
	file->code = code;
	XML_StopParser(file->parser, XML_FALSE);
}

static void refuse(struct graphml *file, const char *what, const char *value)
{
	stop(file, error_set(file->error, ERROR_INPUT, file->where, "line %lu: %s%.100s",
			     line_of(file), what, value));
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static void key_starts(struct graphml *file, const char **attributes)
{
	const char *what = attribute(attributes, "for"), *id = attribute(attributes, "id");
	const char *name = attribute(attributes, "attr.name");

	if (what && id && name && strcmp(what, "node") == 0 && strcmp(name, "label") == 0)
		snprintf(file->label_key, sizeof file->label_key, "%s", id);
}

static void node_starts(struct graphml *file, const char **attributes)
{
	const char *id = attribute(attributes, "id");
	size_t count = file->graph->node_count;

	if (!id || !*id) {
		refuse(file, "a node has no id", "");
		return;
	}
	if (count == file->capacity) {
		size_t wanted = count ? 2 * count : 256;
		void *larger = realloc(file->ids, wanted * sizeof *file->ids);
		if (!larger) {
			stop(file, error_set(file->error, ERROR_MEMORY, file->where,
					     "no memory for its nodes"));
			return;
		}
		file->ids = larger;
		file->capacity = wanted;
	}
	uint32_t node;
	int result = graph_add_node(file->graph, file->where, bytes_of(id), file->addresses, &node,
				    file->error);
	if (result < 0) {
		stop(file, result);
		return;
	}
	file->ids[count] = (struct graphml_id){ file->graph->nodes[node].name, node };
	file->in_node = true;
	file->sorted = false;
	file->label_length = 0;
}

static int by_id(const void *left, const void *right)
{
	const struct graphml_id *a = left, *b = right;
	return strcmp(a->id, b->id);
}

static const struct graphml_id *find(struct graphml *file, const char *id)
{
	struct graphml_id wanted = { .id = id };
	size_t count = file->graph->node_count;

	if (!id || count == 0)
		return NULL;
	if (!file->sorted)
		qsort(file->ids, count, sizeof *file->ids, by_id);
	file->sorted = true;
	return bsearch(&wanted, file->ids, count, sizeof *file->ids, by_id);
}

static void edge_starts(struct graphml *file, const char **attributes)
{
	const char *source = attribute(attributes, "source");
	const char *target = attribute(attributes, "target");
	const struct graphml_id *a = find(file, source), *b = find(file, target);

	if (!a || !b) {
		const char *missing = a ? target : source;
		refuse(file, "an edge names no node before it: ", missing ? missing : "");
		return;
	}
	int result = a->node == b->node
			     ? 0
			     : graph_add_edge(file->graph, file->where,
					      (struct graph_edge){ .a = a->node, .b = b->node },
					      file->error);
	if (result < 0)
		stop(file, result);
}

static void element_starts(void *context, const char *name, const char **attributes)
{
	struct graphml *file = context;

	if (file->code < 0)
		return;
	if (++file->depth > MOST_DEPTH)
		refuse(file, "elements are nested too deep", "");
	else if (strcmp(name, "key") == 0)
		key_starts(file, attributes);
	else if (strcmp(name, "node") == 0)
		node_starts(file, attributes);
	else if (strcmp(name, "edge") == 0)
		edge_starts(file, attributes);
	else if (strcmp(name, "data") == 0 && file->in_node) {
		const char *key = attribute(attributes, "key");
		file->in_label = key && *file->label_key && strcmp(key, file->label_key) == 0;
	}
}

/* The label is the provider's name, where it has one. */
static void node_ends(struct graphml *file)
{
	struct graph *graph = file->graph;

	file->in_node = false;
	if (file->label_length == 0)
		return;
	const char *name = arena_copy(
		graph->arena, (struct bytes){ (const uint8_t *)file->label, file->label_length });
	if (name)
		graph->nodes[graph->node_count - 1].name = name;
	else
		stop(file,
		     error_set(file->error, ERROR_LIMIT, file->where, "its names are too long"));
}

static void element_ends(void *context, const char *name)
{
	struct graphml *file = context;

	if (file->code < 0)
		return;
	file->depth--;
	if (strcmp(name, "data") == 0)
		file->in_label = false;
	else if (strcmp(name, "node") == 0 && file->in_node)
		node_ends(file);
}

static void text_comes(void *context, const char *text, int length)
{
	struct graphml *file = context;
	size_t room = MOST_NAME - file->label_length;

	if (!file->in_label || length <= 0)
		return;
	size_t taken = (size_t)length < room ? (size_t)length : room;
	memcpy(file->label + file->label_length, text, taken);
	file->label_length += taken;
}

static void document_type_comes(void *context, const char *name, const char *system,
				const char *public, int internal)
{
	(void)system, (void)public, (void)internal;
	refuse(context, "a document type is not allowed: ", name ? name : "");
}

static int parse(struct graphml *file, struct bytes text)
{
	XML_SetUserData(file->parser, file);
	XML_SetElementHandler(file->parser, element_starts, element_ends);
	XML_SetCharacterDataHandler(file->parser, text_comes);
	XML_SetStartDoctypeDeclHandler(file->parser, document_type_comes);
	enum XML_Status status =
		XML_Parse(file->parser, (const char *)text.data, (int)text.length, XML_TRUE);
	if (file->code < 0 || status == XML_STATUS_OK)
		return file->code;
	return error_set(file->error, ERROR_INPUT, file->where, "line %lu: %s", line_of(file),
			 XML_ErrorString(XML_GetErrorCode(file->parser)));
}

int graph_read_graphml(struct graph *graph, const char *where, struct bytes text,
		       uint64_t addresses, struct error *error)
{
	struct graphml file = {
		.graph = graph, .where = where, .addresses = addresses, .error = error
	};

	if (text.length > INT32_MAX)
		return error_set(error, ERROR_LIMIT, where, "it is larger than 2 GiB");
	file.parser = XML_ParserCreate(NULL);
	if (!file.parser)
		return error_set(error, ERROR_MEMORY, where, "no memory to read it");
	int result = parse(&file, text);
	XML_ParserFree(file.parser);
	free(file.ids);
	if (result == 0 && graph->node_count == 0)
		result = error_set(error, ERROR_INPUT, where, "there is no node in it");
	return result;
}
