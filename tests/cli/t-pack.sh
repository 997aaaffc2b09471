#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net/base --step 1 -H lr=0.5 --metric acc=0.25 --tag who=me --note "first" >/dev/null || exit 99
mgreg export graph.pbtxt --as net/base --step 2 --alias prod --on-same-step keep-both >/dev/null
mgreg export graph.pbtxt --as other --step 7 >/dev/null
expect_ok "a range and a name" mgreg pack net/base@.. other -O p.tar
expect_output "manifest first, then the files" "mgreg-pack.json
net/base/v1/graph.pbtxt
net/base/v2/graph.pbtxt
other/main/v1/graph.pbtxt" tar tf p.tar
expect_ok "useful without mgreg" sh -c 'mkdir x && tar xf p.tar -C x && cmp x/net/base/v1/graph.pbtxt graph.pbtxt'
expect_match "the manifest has the digest" "\"sha256\":\"$(sha256sum graph.pbtxt | cut -d' ' -f1)\"" cat x/mgreg-pack.json
expect_match "and the uid" "\"uid\":\"$(mgreg sql -q "SELECT uid FROM versions WHERE model = 'other'")\"" cat x/mgreg-pack.json
expect_ok "the same bytes again, whatever the order" sh -c '"$0" pack other net@v2 net/base@1 -O q.tar && cmp p.tar q.tar' "$build/mgreg"
expect_ok "each once" sh -c '"$0" pack other other -O r.tar && [ "$(tar tf r.tar | wc -l)" = 2 ]' "$build/mgreg"
expect_ok "under zstd" mgreg pack net -O p.tar.zst --with metrics,lineage
expect_output "which tar reads" mgreg-pack.json sh -c 'tar --zstd -tf p.tar.zst | head -1'
expect_fail 2 "a file is needed" mgreg pack net
expect_fail 2 "no tar" mgreg pack net -O p.zip
expect_fail 2 "no such part" mgreg pack net -O p.tar --with weights
expect_fail 3 "no such version" mgreg pack net@99 -O n.tar
expect_ok "nothing is left of a failure" [ ! -e n.tar ]
expect_ok "a dry run writes nothing" sh -c '"$0" pack net -O never.tar -n && [ ! -e never.tar ]' "$build/mgreg"
done_testing
