/* The knowledge files as structures: behaviour patterns, countermeasures, services and bulletins.
 */
#ifndef KENBI_REMEDY_KNOWLEDGE_H
#define KENBI_REMEDY_KNOWLEDGE_H

#include "remedy/parameter.h"
#include "remedy/remedy.h"

/* --- data/behaviour/NAME.yaml: sequences of patterns --- */

struct behaviour_condition {
	char *field;
	char **any; /* texts, * and ? allowed, of which one must fit */
	unsigned any_count;
	char **none; /* … and of which none may */
	unsigned none_count;
	uint64_t *from, *to; /* numbers; NULL: no bound */
};

struct behaviour_take {
	char *field;
	char *parameter; /* the whole field, or … */
	char *type;
	char *find; /* … values found in it by a template */
	bool optional;
};

struct behaviour_constant {
	char *parameter, *value;
};

struct behaviour_pattern {
	char *name, *title, *event;
	char **attack; /* ATT&CK techniques that it is */
	unsigned attack_count;
	struct behaviour_condition *where;
	unsigned where_count;
	struct behaviour_take *take;
	unsigned take_count;
	struct behaviour_constant *set;
	unsigned set_count;
	unsigned at_least;    /* events; 0: one */
	char *count;	      /* parameter that tells how many events; NULL: none */
	enum trace_kind kind; /* found when loaded */
};

/* --- data/remedy/NAME.yaml: sequences of countermeasures --- */

struct remedy_need {
	char *parameter, *type;
	char **except; /* values for which this countermeasure does more harm than good */
	unsigned except_count;
};

struct remedy_answer {
	char *behaviour;
	struct remedy_need *needs;
	unsigned needs_count;
};

struct remedy_template {
	char *format, *text;
	char *undo; /* in the same language; NULL: the format knows, or the entry's undo says all */
};

/* A packet filter, from which rules of several formats are made (remedy/filter.h). Texts name
 * parameters that every answer of the entry brings. */
struct remedy_filter_line {
	char *proto, *port; /* NULL: any */
	char *to, *from;    /* addresses; NULL: any */
	bool fresh;	    /* connections that are being opened only */
};

struct remedy_entry {
	char *name, *title;
	struct remedy_answer *answers;
	unsigned answers_count;
	enum remedy_effect effect;
	enum remedy_place place;
	char *at;		   /* a device's name; NULL: what is usual for the place */
	enum remedy_device device; /* found when loaded */
	double pass, share, delay;
	double rate_limit; /* scans per second that remain possible; 0: `pass` counts */
	char *collateral, *undo;
	char *limits;		 /* what it does not stop, where its model might suggest more */
	char **attack, **defend; /* ATT&CK and D3FEND identifiers */
	unsigned attack_count, defend_count;
	struct remedy_filter_line *filters;
	unsigned filters_count;
	struct remedy_template *rules;
	unsigned rules_count;
};

/* --- data/remedy/services.yaml, bulletins.yaml: what ports and bulletins are called --- */

struct remedy_service {
	unsigned port;
	char *proto, *service;
};

struct remedy_bulletin {
	char *bulletin, *update, *title;
};

/* --- data/benign/NAME.yaml: what honest traffic looks like --- */

struct benign_share {
	char *proto;
	unsigned port;
	double share; /* of all, 0 … 1 */
};

struct benign_profile {
	char *name, *title, *source, *unit;
	struct benign_share *shares;
	unsigned shares_count;
};

struct knowledge_file {
	const cyaml_schema_value_t *schema;
	void *data;
	unsigned count;
};

struct remedy_knowledge {
	struct knowledge_file *files; /* everything that was loaded, for freeing */
	size_t file_count;
	struct behaviour_pattern **patterns; /* in order of files, then of position */
	size_t pattern_count;
	struct remedy_entry **entries;
	size_t entry_count;
	const struct remedy_service *services;
	size_t service_count;
	const struct remedy_bulletin *bulletins;
	size_t bulletin_count;
};

extern const cyaml_schema_value_t schema_behaviours, schema_remedies, schema_services,
	schema_bulletins, schema_benign;

#endif
