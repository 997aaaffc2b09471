/* SPDX-License-Identifier: Apache-2.0 */
/* make_versions.c - fills a store with N small versions of the model `bench`: make_versions STORE N */
#include "bench.h"
#include "registry/registry.h"

int
main(int argc, char **argv)
{
	mg_store_options options = MG_STORE_OPTIONS_INIT;
	mg_version_info info;
	mg_tensor t = { 0 };
	mg_store *store;
	mgreg_error err;
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	if (n < 1)
		return 2;
	bench_die(mg_store_open(&store, argv[1], &options, &err), &err);
	bench_die(mg_tensor_init_scalar(&t, MGREG_FLOAT, 1, &err), &err);
	for (long i = 0; i < n; i++) {
		mg_new_version v = { .model = "bench", .run = "main", .has_step = true, .step = i, .kind = "weights" };
		mg_save_tensors set;
		mg_save *save;
		bench_die(mg_save_begin(&save, store, &err), &err);
		bench_die(mg_save_tensors_init(&set, save, &err), &err);
		bench_die(mg_save_tensors_add(&set, "w", NULL, NULL, &t, &err), &err);
		bench_die(mg_save_tensors_finish(&set, &err), &err);
		v.tensors = set.rows.at;
		v.tensor_count = set.rows.len;
		bench_die(mg_version_publish(save, &v, &info, NULL, &err), &err);
		mg_save_tensors_clear(&set);
		mg_save_free(save);
	}
	mg_tensor_clear(&t);
	mg_store_close(store);
	return 0;
}
