#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-corpus.sh - every graph and every checkpoint that TensorFlow wrote goes into a store and comes out with the
# same bytes; twice the whole corpus takes hardly more room than once.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
need_corpus

mgreg init >/dev/null || exit 99

# Every file of the arguments has a twin with the same bytes below the folder $1.
same_bytes() {
	_dir=$1
	shift
	find "$_dir" -type f -exec sha256sum {} + | cut -d' ' -f1 | sort -u >have
	for _f in "$@"; do
		_sum=$(sha256sum <"$_f" | cut -d' ' -f1)
		grep -q "$_sum" have || { echo "no file like $_f"; return 1; }
	done
}

n=0
round_trip() { # WHAT FILES_THAT_MUST_RETURN -- SOURCE...
	_what=$1
	shift
	_files=
	while [ "$1" != -- ]; do
		_files="$_files $1"
		shift
	done
	shift
	n=$((n + 1))
	rm -rf co
	if ! mgreg export "$@" --as "m$n" >out 2>err; then
		not_ok "$_what" "export failed"
	elif ! mgreg checkout "m$n" co >out 2>err; then
		not_ok "$_what" "checkout failed"
	elif ! same_bytes co $_files >why 2>&1; then
		not_ok "$_what" "$(cat why) among: $(ls co)"
	else
		ok "$_what"
	fi
	[ -n "$size_of" ] && for _f in $_files; do cat "$_f"; done | wc -c >>sizes
}
: >sizes
size_of=yes

walk() {
	cd "$corpus" || exit 99
	indexes=$(find . -name '*.index' | sort)
	metas=$(find . -name '*.meta' | sort)
	saved=$(find . -name 'saved_model.pb' -o -name 'saved_model.pbtxt' | sort)
	graphs=$(find . \( -name '*.pb' -o -name '*.bytes' -o -name '*.pbtxt' \) ! -name 'saved_model*' ! -path '*assets.extra*' | sort)
	tables=$(find . -type f ! -name '*.index' ! -name '*.data-*' ! -name '*.pb*' ! -name '*.meta' | sort | while read -r f; do
		[ "$(tail -c 8 "$f" | od -An -tx1 | tr -d ' ')" = 57fb808b247547db ] && echo "$f"
	done)
	bundles=$(find . -name export.meta | sort | sed 's,/export.meta,,')
	cd "$work" || exit 99
	# checkpoints with all their shards, the .meta beside them included
	for i in $indexes; do
		p=$corpus/${i%.index}
		case $i in */variables/variables.index) continue ;; esac
		total=$(ls "$p".data-* 2>/dev/null | sed -n '1s/.*-of-//p' | sed 's/^0*//')
		[ -n "$total" ] && [ "$(ls "$p".data-* | wc -l)" -eq "$total" ] || continue
		set -- "$p.index" "$p".data-*
		[ -f "$p.meta" ] && set -- "$@" "$p.meta"
		round_trip "checkpoint $i" "$@" -- "$p"
	done
	for m in $metas; do
		p=$corpus/${m%.meta}
		[ -f "$p.index" ] && [ -f "$p.data-00000-of-00001" ] && continue
		round_trip "MetaGraph $m" "$corpus/$m" -- "$corpus/$m"
	done
	for s in $saved; do
		d=$corpus/$(dirname "$s")
		set -- "$corpus/$s"
		[ -d "$d/variables" ] && set -- "$@" "$d"/variables/*
		round_trip "SavedModel $s" "$@" -- "$d"
	done
	for g in $graphs; do
		round_trip "graph $g" "$corpus/$g" -- "$corpus/$g"
	done
	# V1 checkpoints: tables by their last eight bytes, one for each set of shards
	for t in $tables; do
		case $t in
		*-00000-of-*) shards=$(echo "$corpus/$t" | sed 's/-00000-of-/-?????-of-/') ;;
		*-of-[0-9][0-9][0-9][0-9][0-9]) continue ;;
		*) shards=$corpus/$t ;;
		esac
		meta=$(echo "$corpus/$t" | sed 's/-[0-9]*-of-[0-9]*$//').meta
		set -- $shards
		[ -f "$meta" ] && set -- "$@" "$meta"
		round_trip "V1 $t" "$@" -- "$corpus/$t"
	done
	for s in $bundles; do
		round_trip "session bundle $s" "$corpus/$s"/export* -- "$corpus/$s"
	done
}
walk
size_of=
once=$(awk '{ n += $1 } END { print n }' sizes)
n=0
(walk) >second 2>&1
if grep -q '^not ok' second; then not_ok "the same again" "$(grep '^not ok' second | head -3)"; else ok "the same again"; fi
stored=$(mgreg info -o json | tr ',' '\n' | sed -n 's/.*"stored_bytes": *"\{0,1\}\([0-9]*\).*/\1/p' | head -1)
echo "# stored $stored bytes; the files have $once"
if [ -n "$stored" ] && [ "$stored" -gt 0 ] && [ $((stored * 100)) -le $((once * 105)) ]; then
	ok "twice the corpus takes at most 1.05 of its bytes"
else
	not_ok "twice the corpus takes at most 1.05 of its bytes" "stored ${stored:-unknown}, files $once"
fi
check "fsck is clean" mgreg fsck
done_testing
