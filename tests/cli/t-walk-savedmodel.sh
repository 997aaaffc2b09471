#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A SavedModel with signature, asset and main op is trained: the new versions keep all three, and go out as SavedModels again.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"

line_data
mgreg init >/dev/null || exit 99
sed '/^graph_def {/a\
node { name: "words/path" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { } string_val: "nowhere" } } } }\
node { name: "words" op: "ReadFile" input: "words/path" }\
node { name: "main" op: "NoOp" input: "^words" }' "$src/tests/cli/line.pbtxt" >line.pbtxt
mgreg export line.pbtxt --as line/raw >/dev/null || exit 99
mgreg extend line/raw --minimize loss --optimizer sgd:learning_rate=0.1 --as line/base >/dev/null
mgreg train line/base --data line.csv --batch 20 --steps 3 >/dev/null 2>&1
expect_ok "a trained checkpoint as a SavedModel in text" mgreg checkout line/base sm --as savedmodel --as-text
sed -i '$d' sm/saved_model.pbtxt
cat >>sm/saved_model.pbtxt <<'END'
  collection_def { key: "saved_model_main_op" value { node_list { value: "main" } } }
  signature_def { key: "serving_default" value {
    inputs { key: "points" value { name: "x:0" dtype: DT_FLOAT } } outputs { key: "fit" value { name: "clean:0" dtype: DT_FLOAT } }
    method_name: "tensorflow/serving/predict" } }
  asset_file_def { tensor_info { name: "words/path:0" } filename: "words.txt" }
}
END
mkdir -p sm/assets && echo hello >sm/assets/words.txt
expect_output "it comes in" line/saved@3 sh -c '"$0" export sm --as line/saved --step 3' "$build/mgreg"
expect_ok "its main op reads its asset" mgreg run line/saved@3 --fetch fit --feed 'points=[[1,1]]'
before=$(cat out)
expect_ok "it can be trained" mgreg train line/saved@3 --data line.csv --batch 20 --steps 4
expect_output "four steps more" line/saved@7 mgreg latest line/saved
expect_match "the signature stays" 'serving_default' mgreg show line/saved --signatures
expect_output "so does the asset" assets/words.txt mgreg sql -q "SELECT path FROM files WHERE run = 'saved' AND global_step = 7"
expect_ok "it runs by the names of the signature" mgreg run line/saved --fetch fit --feed 'points=[[1,1]]'
after=$(cat out)
expect_ok "with other values than before" [ "$before" != "$after" ]
expect_ok "out again" mgreg checkout line/saved sm2 --as savedmodel
expect_ok "the asset is the same" cmp sm/assets/words.txt sm2/assets/words.txt
expect_match "its tags, too" 'tags +train' mgreg inspect sm2
mgreg export sm2 --as line/again --step 7 >/dev/null
expect_output "the same numbers" "$after" mgreg run line/again --fetch fit --feed 'points=[[1,1]]'
expect_output "the same weights" 1 mgreg sql -q "SELECT count(DISTINCT weights) FROM versions WHERE global_step = 7"
expect_ok "frozen by its signature" mgreg freeze line/saved -O f.pb
mgreg export f.pb --as line/frozen >/dev/null
expect_output "the same numbers" "$after" mgreg run "$(mgreg ls line/frozen -q)" --fetch clean --feed 'x=[[1,1]]'
expect_ok "packed" sh -c '"$0" pack line/saved@7 -O p.tar && "$0" init other >/dev/null && "$0" -s other unpack p.tar' "$build/mgreg"
expect_output "the same numbers there" "$after" mgreg -s other run line/saved@7 --fetch fit --feed 'points=[[1,1]]'
expect_output "with the asset" assets/words.txt mgreg -s other sql -q "SELECT path FROM files"
expect_ok "extending keeps them" mgreg extend line/saved --minimize loss --optimizer sgd:learning_rate=0.2 --as line/more
expect_match "signature" 'serving_default' mgreg show line/more --signatures
done_testing
