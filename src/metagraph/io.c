/* SPDX-License-Identifier: Apache-2.0 */
/* io.c - .meta and .pbtxt: bytes first, then text; written whole or not at all. */
#include "base/base.h"
#include "base/file.h"
#include "metagraph/metagraph_internal.h"

/* Printable throughout: then it may be text format. */
static bool
looks_like_text(const uint8_t *data, size_t size)
{
	size_t n = MG_MIN(size, (size_t)4096);

	for (size_t i = 0; i < n; i++)
		if (data[i] < ' ' && data[i] != '\n' && data[i] != '\r' && data[i] != '\t')
			return false;
	return true;
}

int
mg_metagraph_parse(const void *data, size_t size, const char *what, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err)
{
	mgreg_error binary = { 0 }, text = { 0 };
	bool maybe_text = size > 0 && looks_like_text(data, size);
	mg_msg *m, *parsed;
	int rc;

	rc = mg_msg_decode_large(&pb__meta_graph_def__descriptor, data, size, arena, &m, &binary);
	/* Some text is a row of unknown fields to a decoder. */
	if (rc == 0 && !(maybe_text && m->n_unknown_fields)) {
		*out = (Pb__MetaGraphDef *)m;
		return 0;
	}
	if (rc == MGREG_RESOURCE_EXHAUSTED || (rc && !maybe_text)) {
		if (err)
			*err = binary;
		return mg_wrap(err, rc, "%s", what);
	}
	if (mg_msg_parse(&pb__meta_graph_def__descriptor, data, size, arena, &parsed, &text) == 0)
		m = parsed;
	else if (rc)
		goto bad;
	*out = (Pb__MetaGraphDef *)m;
	return 0;
bad:
	if (err)
		*err = text;
	return mg_wrap(err, (int)text.code, "%s", what);
}

int
mg_metagraph_read(const char *path, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc = mg_file_read(path, 0, &bytes, err);

	if (rc == 0)
		rc = mg_metagraph_check_size(path, bytes.len, err);
	if (rc == 0)
		rc = mg_metagraph_parse(bytes.ptr, bytes.len, path, arena, out, err);
	mg_str_clear(&bytes);
	return rc;
}

int
mg_metagraph_check_size(const char *path, size_t size, mgreg_error *err)
{
	return size <= MG_PROTO_MAX_SIZE ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT,
		"%s: a MetaGraph of %zu bytes does not fit into a file, whose format ends at 2 GB; a store keeps it", path, size);
}

int
mg_metagraph_write(const char *path, const Pb__MetaGraphDef *m, bool as_text, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	size_t size;
	int rc;

	MG_TRY(mg_msg_encoded_size(&m->base, &size, err));
	MG_TRY(mg_metagraph_check_size(path, size, err));
	MG_TRY(as_text ? mg_msg_print(&m->base, &bytes, err) : mg_msg_encode(&m->base, &bytes, err));
	MG_TRY(mg_str_check(&bytes, err));
	MG_TRY(mg_file_write(path, bytes.ptr, bytes.len, err));
out:
	mg_str_clear(&bytes);
	return rc;
}
