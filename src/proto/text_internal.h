/* SPDX-License-Identifier: Apache-2.0 */
/* text_internal.h - tokens of the text format, between text_lex.c and text_parse.c. */
#ifndef MG_TEXT_INTERNAL_H
#define MG_TEXT_INTERNAL_H

#include "proto/proto_internal.h"

typedef enum mg_token {
	MG_TOKEN_END,
	MG_TOKEN_NAME,          /* letter or _, then letters, digits, _ */
	MG_TOKEN_INT,           /* 17, 017, 0x1F; no sign */
	MG_TOKEN_FLOAT,         /* 1.5, 1e9, .5, 1f */
	MG_TOKEN_STRING,        /* quotes included */
	MG_TOKEN_SIGN           /* any other single character */
} mg_token;

typedef struct mg_lexer {
	const char  *at, *end;
	unsigned     line, column;      /* of the character at AT, from 1 */
	mgreg_error *err;
	mg_token     token;             /* the current one */
	const char  *text;
	size_t       len;
	unsigned     token_line, token_column;
} mg_lexer;

int mg_lex_init(mg_lexer *lex, const char *text, size_t len, mgreg_error *err);
/* Moves to the next token. */
int mg_lex_next(mg_lexer *lex);
/* INVALID_ARGUMENT "LINE:COLUMN: ..." at the current token. */
int mg_lex_fail(mg_lexer *lex, const char *fmt, ...) MG_PRINTF(2, 3);
bool mg_lex_at(const mg_lexer *lex, char sign);
/* Appends what the current string token stands for. */
int mg_lex_string(mg_lexer *lex, mg_str *out);
/* Value of an integer token of any base; decimal only where DECIMAL. */
int mg_lex_int(mg_lexer *lex, uint64_t max, bool decimal, uint64_t *out);
/* Value of a float token. */
int mg_lex_float(mg_lexer *lex, double *out);
#endif
