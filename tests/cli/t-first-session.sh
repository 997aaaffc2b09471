#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-first-session.sh - a first session, line by line: the lines that a new user finds in the design of the command.  The graph is
# small (Fisher's iris under the name mnist), so that 10,000 steps take seconds.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
python=${PYTHON3:-python3}
command -v "$python" >/dev/null || skip_all "no python3 to write the data"

examples=$src/contrib/examples
sed 's/"accuracy\(:[0-9]*\)\{0,1\}"/"acc\1"/g' "$examples/iris.pbtxt" >mnist.pbtxt
cp "$examples/head.pbtxt" .
"$python" - "$examples/iris.csv" <<'END' || exit 99
import struct, sys, zipfile
rows = [line.split(",") for line in open(sys.argv[1]).read().split()[1:]]
def npy(descr, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data
def write(name, some):
    with zipfile.ZipFile(name, "w") as z:
        z.writestr("x.npy", npy("<f4", "(%d, 4)" % len(some), b"".join(struct.pack("<4f", *map(float, r[:4])) for r in some)))
        z.writestr("y.npy", npy("<i8", "(%d,)" % len(some), b"".join(struct.pack("<q", int(r[4])) for r in some)))
write("train.npz", [r for i, r in enumerate(rows) if i % 5])
write("test.npz", rows[::5])
END

expect_output "init" registry.mgreg mgreg init
expect_output "export: a text MetaGraph becomes mnist@v1" mnist@v1 mgreg export mnist.pbtxt --as mnist/base -H learning_rate=0.01
expect_output "train: five versions" mnist/base@5000 mgreg train mnist/base --data train.npz --steps 5000 --save-every 1000
expect_output "ls" "mnist@v1	1	metagraph	live
mnist/base@1000	2	checkpoint	live
mnist/base@2000	3	checkpoint	live
mnist/base@3000	4	checkpoint	live
mnist/base@4000	5	checkpoint	live
mnist/base@5000	6	checkpoint	live" sh -c '"$0" ls mnist -o porcelain --columns ref,no,kind,state' "$build/mgreg"
expect_match "for people: no, run, step, kind, state, saved, aliases, size, added" '^ref +no +run +step +kind +state +saved +aliases +size +added$' mgreg ls mnist
expect_output "latest" mnist/base@5000 mgreg latest mnist/base
expect_match "hparams of the latest checkpoint" '^learning_rate +0.01 +float$' mgreg hparams mnist/base
expect_match "collections" '^train_op ' mgreg collections mnist@3000
for c in hparams variables input_tensor; do check "among them $c" grep -q "^$c " out; done
expect_output "export of some collections" mnist@v7 mgreg export mnist.pbtxt --as mnist/io --collections input_tensor,output_tensor
expect_output "no weights: latest stays where it is" mnist/base@5000 mgreg latest mnist
expect_output "only those collections" "input_tensor
output_tensor" mgreg collections mnist@v7 -q
expect_output "5000 more, from the latest, no model code" mnist/base@10000 mgreg train mnist/base --data train.npz --steps 5000 --save-every 1000
expect_output "branch" mnist/adam@4000 mgreg train mnist/base@2000 --data train.npz --run adam --set learning_rate=0.001 --steps 2000
expect_match "eval without --fetch: loss and acc" '^mnist/base@10000 +acc ' mgreg eval mnist@max-step --data test.npz --record
check "(loss too)" grep -q '^mnist/base@10000 *loss ' out
expect_output "metrics bound to that version" "eval/acc
eval/loss" mgreg sql -q "SELECT metric FROM metrics JOIN versions USING (version_id) WHERE global_step = 10000 ORDER BY 1"
expect_match "diff: what differs" '^hparams +~ learning_rate: 0.01 -> 0.001$' mgreg diff mnist/base mnist/adam
if grep -q '^graph' out; then not_ok "and nothing else" "the graph does not differ"; else ok "and nothing else"; fi
expect_match "extend" '^mnist/finetune@10000$|^mnist@v[0-9]+$' mgreg extend mnist/base --with head.pbtxt --minimize loss --optimizer sgd:learning_rate=0.01 \
	--init-missing --as mnist/finetune
expect_output "import of what is not there" "no prod yet" sh -c '"$0" import mnist:prod --clear-devices --scope tower_0 --as-text -O tower.pbtxt 2>/dev/null || echo "no prod yet"' "$build/mgreg"
check "wrote nothing" test ! -e tower.pbtxt
expect_match "promote" '^mnist:prod is mnist/base@10000 now$' mgreg promote mnist@best:eval/acc mnist:prod --require 'eval/acc>=0.95'
expect_output "checkout" out.d/model-10000 mgreg checkout mnist:prod out.d/ --as v2
for f in checkpoint model-10000.meta model-10000.index model-10000.data-00000-of-00001; do check "out/$f" test -s "out.d/$f"; done
expect_match "sql" '^ *10000 +learning_rate +0.01' mgreg sql "SELECT global_step, hparam, value FROM hparams WHERE model='mnist' ORDER BY version_id"
expect_output "policy and prune --dry-run" "last=5,best=eval/acc:3
mnist@v2
mnist@v3
mnist@v4
mnist@v5
mnist@v6" sh -c '"$0" policy mnist --keep-last 5 --keep-best eval/acc:3 && "$0" prune mnist --dry-run -q' "$build/mgreg"
expect_match "pack and fsck" 'no problem found' sh -c '"$0" pack mnist:prod -O mnist-prod.tar && "$0" fsck' "$build/mgreg"
check "a tar" tar tf mnist-prod.tar
expect_match "import of what is there now" 'restored|saver' sh -c '"$0" import mnist:prod --clear-devices --scope tower_0 --as-text -O tower.pbtxt 2>&1' "$build/mgreg"
check "wrote it, in its scope" grep -q 'name: "tower_0/loss"' tower.pbtxt
expect_output "scripts ask" "mnist/base@10000" sh -c 'if ref=$("$0" latest -q mnist/base); then echo "$ref"; fi' "$build/mgreg"
expect_fail 1 "and hear no" mgreg latest -q mnist/io
check "without a word" test ! -s out -a ! -s err
expect_output "latest --path: a drop-in for latest_checkpoint" work/model-10000 mgreg latest --path work mnist/base
done_testing
