#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# main-job.sh MGREG EXAMPLES [FOLDER] - the whole idea on Fisher's iris measurements: every command is printed with its
# true output.  The store stays in FOLDER (default ./tour) to be looked at.
set -eu
mgreg=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
examples=$(cd "$2" && pwd)
folder=${3:-tour}

rm -rf "$folder"
mkdir -p "$folder/bin"
ln -s "$mgreg" "$folder/bin/mgreg"
cp "$examples/iris.pbtxt" "$examples/iris.csv" "$examples/head.pbtxt" "$folder/"
cd "$folder"
PATH=$PWD/bin:$PATH
MGREG_ACTOR=${MGREG_ACTOR:-you}
export PATH MGREG_ACTOR
unset MGREG_STORE

say() { printf '\n# %s\n' "$*"; }
job() {
	printf '$ %s\n' "$*"
	eval "$@"
}

say "a store is one file; a text MetaGraph becomes version 1 of the model iris"
job "mgreg init"
job "mgreg export iris.pbtxt --as iris/base"

say "train it, without its code: weights and graph are saved together at several steps"
job "mgreg train iris/base --data iris.csv --batch 50 --steps 300 --save-every 100 --metrics loss,accuracy --seed 7"
job "mgreg ls iris"
job "mgreg latest iris"

say "what the latest checkpoint brings along"
job "mgreg hparams iris"
job "mgreg collections iris"
job "mgreg tensors iris --stats"

say "the history answers SQL"
job "mgreg sql \"SELECT run, no, global_step, kind FROM versions WHERE model = 'iris' ORDER BY no\""
job "mgreg sql \"SELECT hparam, type, value FROM hparams JOIN latest_checkpoints USING (version_id)\""
job "mgreg sql \"SELECT step, round(value, 4) AS loss FROM metrics WHERE metric = 'loss' AND step % 100 = 0\""

say "another process goes on from the latest"
job "mgreg train iris/base --data iris.csv --batch 50 --until-step 900 --save-every 300 --metrics loss,accuracy"

say "an older step, another learning rate: a run of its own"
job "mgreg train iris/base@300 --data iris.csv --batch 50 --run fast --set learning_rate=0.2 --until-step 900 --metrics loss,accuracy"
job "mgreg diff iris/base@900 iris/fast@900 --hparams --tensors"

say "evaluate both, and keep what came out"
job "mgreg eval iris/base@900 --data iris.csv --fetch loss,accuracy --record"
job "mgreg eval iris/fast@900 --data iris.csv --fetch loss,accuracy --record"
job "mgreg sql \"SELECT v.run, v.global_step, m.metric, round(m.value, 4) AS value FROM metrics m JOIN versions v USING (version_id) WHERE m.metric LIKE 'eval/%' ORDER BY 1, 3\""

say "a new loss on top of the trained features; only the new layer is trained"
job "mgreg extend iris/fast@900 --with head.pbtxt --minimize head_loss --optimizer sgd:learning_rate=0.5 --init-missing --as iris/head"
job "mgreg train iris/head --data iris.csv --batch 50 --steps 200 --metrics head_loss"

say "out again as TensorFlow's own files, and those into a second store"
job "mgreg checkout iris/fast@900 out"
job "ls out"
job "mgreg init second.mgreg"
job "mgreg -s second.mgreg export out/model-900 --as iris/imported"
job "mgreg -s second.mgreg ls iris"
job "mgreg fsck"
