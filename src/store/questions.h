/* The questions that `kenbi store` can answer: QUESTION(name, meaning, SQL). ?1 is the limit (-1:
 * all), ?2 a type of record or NULL. Every column of a result becomes a field of a row, in this
 * order.
 *
 * An attempt is one piece of shellcode seen once; a code is its distinct bytes on the wire; a kind
 * is what is left when encodings and parameters are taken away. */
#ifndef KENBI_STORE_QUESTIONS_H
#define KENBI_STORE_QUESTIONS_H

#define STORE_QUESTIONS(QUESTION)                                                                 \
	QUESTION("summary", "attempts, sources, distinct codes, distinct kinds, samples",         \
		 "SELECT (SELECT count(*) FROM \"case\") AS cases,"                               \
		 " (SELECT count(*) FROM record WHERE type = 'session') AS sessions,"             \
		 " (SELECT count(*) FROM record WHERE type = 'shellcode') AS attempts,"           \
		 " (SELECT count(DISTINCT src) FROM record WHERE type = 'shellcode') AS sources," \
		 " (SELECT count(DISTINCT code) FROM record WHERE type = 'shellcode') AS codes,"  \
		 " (SELECT count(DISTINCT kind) FROM record WHERE type = 'shellcode') AS kinds,"  \
		 " (SELECT count(DISTINCT sha256) FROM record WHERE type = 'sample') AS samples"  \
		 " LIMIT ?1")                                                                     \
	QUESTION("cases", "every case: when, what, how much was found",                           \
		 "SELECT c.number AS \"case\", c.started, c.title,"                               \
		 " (SELECT count(*) FROM record r WHERE r.\"case\" = c.number AND r.type = "      \
		 "'session')"                                                                     \
		 " AS sessions,"                                                                  \
		 " (SELECT count(*) FROM record r WHERE r.\"case\" = c.number AND r.type = "      \
		 "'shellcode')"                                                                   \
		 " AS shellcode,"                                                                 \
		 " (SELECT count(*) FROM record r WHERE r.\"case\" = c.number AND r.type = "      \
		 "'sample')"                                                                      \
		 " AS samples FROM \"case\" c ORDER BY c.number DESC LIMIT ?1")                   \
	QUESTION("attempts", "every shellcode that was seen, newest first",                       \
		 "SELECT r.\"case\", r.id, r.src, r.dst, r.dport, json_extract(r.body, '$.os') "  \
		 "AS os,"                                                                         \
		 " r.kind, r.code FROM record r WHERE r.type = 'shellcode'"                       \
		 " ORDER BY r.number DESC LIMIT ?1")                                              \
	QUESTION("codes", "distinct attack codes, most frequent first",                           \
		 "SELECT code, kind, count(*) AS attempts, count(DISTINCT src) AS sources"        \
		 " FROM record WHERE type = 'shellcode' GROUP BY code"                            \
		 " ORDER BY attempts DESC, code LIMIT ?1")                                        \
	QUESTION("kinds", "distinct kinds of shellcode, most frequent first",                     \
		 "SELECT kind, json_extract(body, '$.os') AS os, count(*) AS attempts,"           \
		 " count(DISTINCT code) AS codes, count(DISTINCT src) AS sources,"                \
		 " json_extract(body, '$.actions') AS actions"                                    \
		 " FROM record WHERE type = 'shellcode' GROUP BY kind"                            \
		 " ORDER BY attempts DESC, kind LIMIT ?1")                                        \
	QUESTION("sources", "hosts that attacked, most attempts first",                           \
		 "SELECT src AS address, count(*) AS attempts, count(DISTINCT code) AS codes,"    \
		 " count(DISTINCT kind) AS kinds FROM record"                                     \
		 " WHERE type = 'shellcode' AND src IS NOT NULL GROUP BY src"                     \
		 " ORDER BY attempts DESC, src LIMIT ?1")                                         \
	QUESTION("ports", "ports by sessions, with those that carried shellcode",                 \
		 "SELECT s.dport AS port, json_extract(s.body, '$.proto') AS proto,"              \
		 " count(*) AS sessions, count(DISTINCT s.src) AS sources,"                       \
		 " (SELECT count(*) FROM record a WHERE a.type = 'shellcode' AND a.dport = "      \
		 "s.dport)"                                                                       \
		 " AS attempts FROM record s WHERE s.type = 'session' GROUP BY s.dport, proto"    \
		 " ORDER BY attempts DESC, sessions DESC, port LIMIT ?1")                         \
	QUESTION("samples", "distinct executables, with verdict and how often they came",         \
		 "SELECT sha256, max(json_extract(body, '$.verdict')) AS verdict,"                \
		 " max(json_extract(body, '$.name')) AS name,"                                    \
		 " max(json_extract(body, '$.bytes')) AS bytes, count(*) AS seen"                 \
		 " FROM record WHERE type = 'sample' GROUP BY sha256 ORDER BY seen DESC, sha256"  \
		 " LIMIT ?1")                                                                     \
	QUESTION("records", "records as they are (of one type, if given)",                        \
		 "SELECT \"case\", body FROM record WHERE ?2 IS NULL OR type = ?2"                \
		 " ORDER BY number LIMIT ?1")

#endif
