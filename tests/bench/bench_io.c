/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_io.c - saving and loading 100 MB of tensors through a store, against write+fsync and read() of the same bytes.
 *
 *   bench_io [TENSORS] [MEGABYTES] [PAIRS]
 *
 * Every save has new bytes, so nothing is found to be there already.  Loading is warm and checks every chunk.
 */
#include "bench.h"
#include "base/file.h"
#include "registry/registry.h"

#include <fcntl.h>
#include <unistd.h>

static void
fill(float *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p[i] = (float)(int32_t)(seed >> 32) * 0x1p-31f;
	}
}

static double
save(mg_store *store, mg_tensor *tensors, int count, int64_t step, int64_t *id)
{
	mg_new_version v = { .model = "bench", .run = "main", .has_step = true, .step = step, .kind = "weights" };
	mg_save_tensors set;
	mg_version_info info;
	mgreg_error err;
	mg_save *s;
	char name[32];
	double begin = mg_monotonic();

	bench_die(mg_save_begin(&s, store, &err), &err);
	bench_die(mg_save_tensors_init(&set, s, &err), &err);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "w%04d", i);
		bench_die(mg_save_tensors_add(&set, name, NULL, NULL, &tensors[i], &err), &err);
	}
	bench_die(mg_save_tensors_finish(&set, &err), &err);
	v.tensors = set.rows.at;
	v.tensor_count = set.rows.len;
	bench_die(mg_version_publish(s, &v, &info, NULL, &err), &err);
	*id = info.id;
	mg_save_tensors_clear(&set);
	mg_save_free(s);
	return mg_monotonic() - begin;
}

static double
plain_write(const char *path, mg_tensor *tensors, int count)
{
	double begin = mg_monotonic();
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	for (int i = 0; i < count; i++)
		for (size_t at = 0; at < tensors[i].size; ) {
			ssize_t n = write(fd, (char *)tensors[i].data + at, tensors[i].size - at);
			if (n <= 0)
				exit(1);
			at += (size_t)n;
		}
	if (fsync(fd) != 0)
		exit(1);
	close(fd);
	return mg_monotonic() - begin;
}

static double
load(mg_store *store, int64_t id, int count)
{
	mg_tensor t = { 0 };
	mg_ckpt *ckpt;
	mgreg_error err;
	char name[32];
	double begin = mg_monotonic();

	bench_die(mg_store_ckpt_open(&ckpt, store, id, &err), &err);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "w%04d", i);
		bench_die(mg_ckpt_read(ckpt, name, NULL, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	mg_ckpt_close(ckpt);
	return mg_monotonic() - begin;
}

static double
plain_read(const char *path, size_t size, int count)
{
	mg_tensor t = { 0 };
	mg_file f;
	mgreg_error err;
	int64_t n = (int64_t)(size / (size_t)count);
	double begin = mg_monotonic();

	bench_die(mg_file_open(&f, path, &err), &err);
	for (int i = 0; i < count; i++) {
		bench_die(mg_tensor_init_dims(&t, MGREG_UINT8, &n, 1, &err), &err);
		bench_die(mg_file_pread(&f, t.data, (size_t)n, (uint64_t)(i * n), &err), &err);
		mg_tensor_clear(&t);
	}
	mg_file_close(&f);
	return mg_monotonic() - begin;
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10, pairs = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 9;
	size_t mb = argc > 2 ? (size_t)strtol(argv[2], NULL, 10) : 100;
	int64_t n = (int64_t)(mb * 1000000 / 4 / (size_t)count), id = 0;
	char dir[] = "bench-io-XXXXXX", store_path[64], plain_path[64];
	mg_tensor *tensors = mg_calloc((size_t)count, sizeof(*tensors));
	double save_ratio[64], load_ratio[64], own, peer;
	mg_store_options options = MG_STORE_OPTIONS_INIT;
	mg_store *store;
	mgreg_error err;

	if (!tensors || count < 1 || pairs < 1 || pairs > 64 || n < 1 || !mkdtemp(dir))
		return 2;
	snprintf(store_path, sizeof(store_path), "%s/s.mgreg", dir);
	snprintf(plain_path, sizeof(plain_path), "%s/plain", dir);
	bench_die(mg_store_create(&store, store_path, &options, &err), &err);
	for (int i = 0; i < count; i++)
		bench_die(mg_tensor_init_dims(&tensors[i], MGREG_FLOAT, &n, 1, &err), &err);
	for (int p = 0; p < pairs; p++) {
		for (int i = 0; i < count; i++)
			fill(MG_DATA(&tensors[i], float), (size_t)n, (uint64_t)(p * 100000 + i));
		if (p % 2) {
			peer = plain_write(plain_path, tensors, count);
			own = save(store, tensors, count, p, &id);
		} else {
			own = save(store, tensors, count, p, &id);
			peer = plain_write(plain_path, tensors, count);
		}
		bench_pair("save", p, own, peer, save_ratio);
		load(store, id, count);
		peer = plain_read(plain_path, (size_t)count * (size_t)n * 4, count);
		own = load(store, id, count);
		bench_pair("load", p, own, peer, load_ratio);
	}
	printf("save %zu MB in %d tensors, durable: %.2f of write+fsync's time (median of %d)\n", mb, count, bench_median(save_ratio, pairs), pairs);
	printf("load them, every chunk checked: %.2f of read()'s time (median of %d)\n", bench_median(load_ratio, pairs), pairs);
	mg_store_close(store);
	for (int i = 0; i < count; i++)
		mg_tensor_clear(&tensors[i]);
	mg_free(tensors);
	return 0;
}
