#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net >/dev/null || exit 99
mgreg pack net -O p.tar
expect_ok "a whole package" mgreg verify p.tar
expect_match "each file" 'graph.pbtxt +ok' mgreg verify p.tar --all
expect_match "as JSON" '"state":"ok"' mgreg verify p.tar -o json
expect_ok "a graph" mgreg verify graph.pbtxt
expect_ok "a version" mgreg verify net
mkdir x && tar xf p.tar -C x
(cd x && echo '#' >>net/main/v1/graph.pbtxt && tar cf ../differs.tar mgreg-pack.json net)
expect_fail 1 "a whole file that differs" mgreg verify differs.tar
cp out rows
expect_ok "is named" grep -q 'net/main/v1/graph.pbtxt *differs' rows
(cd x && tar cf ../missing.tar mgreg-pack.json)
expect_fail 5 "a file that is missing" mgreg verify missing.tar
cp out rows
expect_ok "is named" grep -q 'net/main/v1/graph.pbtxt *missing' rows
(cd x && cp net/main/v1/graph.pbtxt net/more && tar cf ../extra.tar mgreg-pack.json net)
expect_fail 5 "a file nobody named" mgreg verify extra.tar
cp out rows
expect_ok "is named" grep -q 'net/more *extra' rows
head -c 2000 p.tar >cut.tar
expect_fail 5 "a cut package" mgreg verify cut.tar
echo '{' >x/mgreg-pack.json && (cd x && tar cf ../nojson.tar mgreg-pack.json net)
expect_fail 5 "a manifest that is none" mgreg verify nojson.tar
echo '{"mgreg_pack": 9, "versions": []}' >x/mgreg-pack.json && (cd x && tar cf ../newer.tar mgreg-pack.json net)
expect_fail 8 "one of later" mgreg verify newer.tar
expect_fail 3 "no such file or version" mgreg verify nothing
expect_fail 3 "no such file" mgreg verify ./nothing
expect_fail 2 "one thing at a time" mgreg verify p.tar p.tar

if [ -d "$corpus" ]; then
	d=$corpus/dnn-linear-partitioned
	expect_ok "a checkpoint" mgreg verify "$d/model.ckpt-300"
	expect_ok "a SavedModel" mgreg verify "$corpus/tf-half-plus-two-v2"
	cp "$d"/model.ckpt-300.* . && chmod u+w model.ckpt-300.*
	printf '\377' | dd of=model.ckpt-300.data-00000-of-00001 bs=1 seek=100 conv=notrunc 2>/dev/null
	expect_fail 5 "one damaged tensor" mgreg verify model.ckpt-300
	cp out rows
	expect_output "and only that one" 1 grep -c damaged rows
	mgreg export "$d" --as dnn >/dev/null
	mgreg sql -w "UPDATE mg_chunk_data SET data = CAST(x'ff' || substr(data, 2) AS BLOB) WHERE chunk_id = (SELECT chunk_id FROM mg_chunk ORDER BY size DESC LIMIT 1)" >/dev/null
	expect_fail 5 "a damaged version" mgreg verify dnn
	cp out rows
expect_ok "names the object" grep -q 'metagraph *damaged' rows
fi
done_testing
