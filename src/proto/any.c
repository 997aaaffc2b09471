/* SPDX-License-Identifier: Apache-2.0 */
/* any.c - message types by name, and behind the type URL of an Any. */
#include "base/base.h"
#include "proto/proto_internal.h"

static const mg_msg_type *const types[] = {
#define MG_MSG(name) &name##__descriptor,
#include "proto/any.def"
};

const mg_msg_type *
mg_msg_type_find(const char *full_name)
{
	for (size_t i = 0; i < MG_COUNT(types); i++)
		if (strcmp(types[i]->name, full_name) == 0)
			return types[i];
	return NULL;
}

const mg_msg_type *
mg_msg_type_at(size_t i)
{
	return i < MG_COUNT(types) ? types[i] : NULL;
}

const mg_msg_type *
mg_any_find(const char *type_url)
{
	const char *slash = type_url ? strrchr(type_url, '/') : NULL;

	return slash ? mg_msg_type_find(slash + 1) : NULL;
}
