/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_lookup.c - hash tables.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_lookup[] = {
	{ "AnonymousHashTable", "-> table_handle: resource",
	  "key_dtype: type; value_dtype: type", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "HashTable", "-> table_handle: Ref(string)",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type", MG_OP_STATEFUL, mg_shape_fn_two, .tier = 2 },
	{ "HashTableV2", "-> table_handle: resource",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "InitializeTable", "table_handle: Ref(string), keys: Tkey, values: Tval ->",
	  "Tkey: type; Tval: type", 0, mg_shape_fn_no_outputs, .tier = 2 },
	{ "InitializeTableFromTextFile", "table_handle: Ref(string), filename: string ->",
	  "key_index: int >= -2; value_index: int >= -2; vocab_size: int >= -1 = -1; delimiter: string "
	    "= '\\t'", 0, mg_shape_fn_no_outputs, .tier = 2 },
	{ "InitializeTableFromTextFileV2", "table_handle: resource, filename: string ->",
	  "key_index: int >= -2; value_index: int >= -2; vocab_size: int >= -1 = -1; delimiter: string "
	    "= '\\t'", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "InitializeTableV2", "table_handle: resource, keys: Tkey, values: Tval ->",
	  "Tkey: type; Tval: type", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "LookupTableExport", "table_handle: Ref(string) -> keys: Tkeys, values: Tvalues",
	  "Tkeys: type; Tvalues: type", 0, mg_shape_fn_table_export, .tier = 2 },
	{ "LookupTableExportV2", "table_handle: resource -> keys: Tkeys, values: Tvalues",
	  "Tkeys: type; Tvalues: type", MG_OP_STATEFUL, mg_shape_fn_table_export, .tier = 2 },
	{ "LookupTableFind",
	  "table_handle: Ref(string), keys: Tin, default_value: Tout -> values: Tout",
	  "Tin: type; Tout: type", 0, NULL, .tier = 2 },
	{ "LookupTableFindV2",
	  "table_handle: resource, keys: Tin, default_value: Tout -> values: Tout",
	  "Tin: type; Tout: type", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "LookupTableImport", "table_handle: Ref(string), keys: Tin, values: Tout ->",
	  "Tin: type; Tout: type", 0, mg_shape_fn_no_outputs, .tier = 2 },
	{ "LookupTableImportV2", "table_handle: resource, keys: Tin, values: Tout ->",
	  "Tin: type; Tout: type", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "LookupTableInsert", "table_handle: Ref(string), keys: Tin, values: Tout ->",
	  "Tin: type; Tout: type", 0, mg_shape_fn_no_outputs, .tier = 2 },
	{ "LookupTableInsertV2", "table_handle: resource, keys: Tin, values: Tout ->",
	  "Tin: type; Tout: type", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "LookupTableRemoveV2", "table_handle: resource, keys: Tin ->",
	  "Tin: type", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "LookupTableSize", "table_handle: Ref(string) -> size: int64",
	  "", 0, mg_shape_fn_scalars, .tier = 2 },
	{ "LookupTableSizeV2", "table_handle: resource -> size: int64",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "MutableDenseHashTable", "empty_key: key_dtype -> table_handle: Ref(string)",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type; value_shape: shape = []; initial_num_buckets: int = "
	    "131072; max_load_factor: float = 0.8", MG_OP_STATEFUL, mg_shape_fn_two, .tier = 2 },
	{ "MutableDenseHashTableV2",
	  "empty_key: key_dtype, deleted_key: key_dtype -> table_handle: resource",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type; value_shape: shape = []; initial_num_buckets: int = "
	    "131072; max_load_factor: float = 0.8", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "MutableHashTable", "-> table_handle: Ref(string)",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type", MG_OP_STATEFUL, mg_shape_fn_two, .tier = 2 },
	{ "MutableHashTableOfTensors", "-> table_handle: Ref(string)",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type; value_shape: shape = []",
	  MG_OP_STATEFUL, mg_shape_fn_two, .tier = 3 },
	{ "MutableHashTableOfTensorsV2", "-> table_handle: resource",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type; value_shape: shape = []", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "MutableHashTableV2", "-> table_handle: resource",
	  "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; "
	    "key_dtype: type; value_dtype: type", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ .name = NULL }
};
