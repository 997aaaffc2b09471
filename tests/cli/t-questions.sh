#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-questions.sh - fifteen questions a practitioner asks, as mgreg-schema(5) prints them, on a history that holds what breaks
# naive answers: a rewound run, a fork, a step saved twice, versions without a step, an alias that moved, a purged version, two
# MetaGraphs in one version, hyper-parameters that are infinite, NaN, a list with NaN, and above 2^53.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

examples=$src/contrib/examples
sed 's/"accuracy\(:[0-9]*\)\{0,1\}"/"acc\1"/g' "$examples/iris.pbtxt" >mnist.pbtxt
make_graph small.pbtxt
train() { mgreg train "$@" --data "$examples/iris.csv" --batch 50 --metrics loss --seed 3 >/dev/null 2>err || exit 99; }
eval_acc() { mgreg eval "$1" --data "$examples/iris.csv" --fetch acc --record >/dev/null || exit 99; }
mgreg init >/dev/null || exit 99
mgreg export mnist.pbtxt --as mnist/base -H opt=momentum -H nesterov=true -H bound=Infinity -H 'range=[1,"NaN"]' -H nan=NaN -H big=9007199254740993 \
	-H learning_rate=0.05 >/dev/null || exit 99                     # v1
train mnist/base --steps 3000 --save-every 1000                         # v2 v3 v4: 1000 2000 3000
train mnist/base@2000 --steps 1000                                      # v5: 3000 again, the run was rewound
train mnist/base@1000 --run fast --set learning_rate=0.2 --steps 1000   # v6: fast@2000
mgreg export small.pbtxt --as mnist/small >/dev/null || exit 99         # v7: another graph, no step
mgreg export mnist.pbtxt --as mnist/two >/dev/null || exit 99           # v8
mkdir saved
{ echo 'saved_model_schema_version: 1'
  for tag in serve train; do echo 'meta_graphs {'; sed "s/tags: \"train\"/tags: \"$tag\"/" small.pbtxt; echo '}'; done; } >saved/saved_model.pbtxt
mgreg export saved --as mnist/two >/dev/null || exit 99                 # v9: two MetaGraphs
for v in v2 v5 v6; do eval_acc mnist@$v; done
mgreg alias mnist:prod mnist@v2 >/dev/null
sleep 1.1
mgreg alias mnist:prod mnist@v5 >/dev/null
mgreg rm mnist@v3 --purge -y >/dev/null 2>&1 || exit 99
ask() { mgreg sql -o porcelain "$@"; }

expect_output "1. the latest of each run and of the model" "fast	6	2000	1
base	5	3000	0" sh -c '"$0" sql -o porcelain "SELECT run, no, global_step, saved, is_model_latest FROM latest_checkpoints WHERE model = '"'mnist'"' ORDER BY version_id DESC;" | cut -f 1-3,5' "$build/mgreg"
expect_output "2. hyper-parameters of the latest checkpoint" "batch_size	int	50
big	int	9007199254740993
bound	float	Infinity
learning_rate	float	0.05
nan	float	NaN
nesterov	bool	true
opt	string	momentum
optimizer	string	GradientDescent
range	list	[1,\"NaN\"]" ask "SELECT hparam, type, value FROM hparams JOIN latest_checkpoints USING (version_id)
WHERE latest_checkpoints.model = 'mnist' AND latest_checkpoints.run = 'base';"
expect_output "3. what differs in the hyper-parameters" "learning_rate	0.05	0.2" ask "SELECT coalesce(a.hparam, b.hparam) AS hparam, a.value AS was, b.value AS now
FROM (SELECT * FROM hparams WHERE model = 'mnist' AND no = 2) a
FULL JOIN (SELECT * FROM hparams WHERE model = 'mnist' AND no = 6) b ON a.hparam = b.hparam
WHERE a.value IS NOT b.value;"
expect_output "4. which learning rate did best" "2
0.05
0.2" sh -c '"$0" sql -o porcelain "SELECT h.number AS learning_rate, count(DISTINCT h.run) AS runs, max(m.value) AS best
FROM hparams h JOIN metrics m USING (version_id)
WHERE h.model = '"'mnist'"' AND h.hparam = '"'learning_rate'"' AND m.metric = '"'eval/acc'"' GROUP BY 1 ORDER BY best DESC;" >rows; wc -l <rows; cut -f 1 rows | sort' "$build/mgreg"
expect_output "5. the three best that I can still restore" "3 2 5 6" sh -c '"$0" sql -o porcelain "SELECT v.no, v.run, v.global_step, m.value FROM metrics m JOIN versions v USING (version_id)
WHERE v.model = '"'mnist'"' AND m.metric = '"'eval/acc'"' AND v.state = '"'live'"' ORDER BY m.value DESC LIMIT 3;" >rows; echo $(wc -l <rows) $(cut -f 1 rows | sort)' "$build/mgreg"
expect_output "6. a step that was saved more than once" "4	replaced	1
5	live	2" sh -c '"$0" sql -o porcelain "SELECT no, state, session_id, saved, substr(weights, 1, 12) AS weights FROM versions
WHERE model = '"'mnist'"' AND run = '"'base'"' AND global_step = 3000 ORDER BY no;" | cut -f 1-3' "$build/mgreg"
expect_output "7. which tensors changed" "b	changed
global_step	changed
w	changed" sh -c '"$0" sql -o porcelain "SELECT coalesce(a.tensor, b.tensor) AS tensor,
       CASE WHEN a.tensor IS NULL THEN '"'added'"' WHEN b.tensor IS NULL THEN '"'removed'"' ELSE '"'changed'"' END AS how,
       a.l2 AS l2_was, b.l2 AS l2_now, b.mean - a.mean AS mean_moved
FROM (SELECT * FROM tensors WHERE model = '"'mnist'"' AND no = 2) a
FULL JOIN (SELECT * FROM tensors WHERE model = '"'mnist'"' AND no = 5) b ON a.tensor = b.tensor AND a.slice = b.slice
WHERE a.tensor_id IS NOT b.tensor_id;" | cut -f 1,2 | sort' "$build/mgreg"
expect_output "8. what another graph adds, removes, changes" "- scope/y Identity
~ x Placeholder
+ w VariableV2" sh -c '"$0" sql -o porcelain "SELECT coalesce(a.node, b.node) AS node, CASE WHEN a.node IS NULL THEN '"'+'"' WHEN b.node IS NULL THEN '"'-'"' ELSE '"'~'"' END AS d,
       coalesce(b.op, a.op) AS op, a.inputs AS inputs_were, b.inputs AS inputs_now
FROM (SELECT * FROM graph_nodes WHERE model = '"'mnist'"' AND no = 7 AND metagraph_no = 0) a
FULL JOIN (SELECT * FROM graph_nodes WHERE model = '"'mnist'"' AND no = 5 AND metagraph_no = 0) b ON a.node = b.node
WHERE a.node IS NULL OR b.node IS NULL OR a.op <> b.op OR a.attrs <> b.attrs OR a.inputs <> b.inputs;" >rows; for n in scope/y x w; do awk -F"\t" -v n=$n "\$1 == n { print \$2, \$1, \$3 }" rows; done' "$build/mgreg"
expect_nothing "9. where did the first NaN appear, in weights" ask "SELECT run, min(global_step) AS step, tensor, nans FROM tensors WHERE model = 'mnist' AND nans > 0 GROUP BY run, tensor;"
train mnist/base@3000 --run bad --set learning_rate=1e38 --steps 3 --save-every 1
expect_output "9. there it is" 3003 sh -c '"$0" sql -q "SELECT max(step) FROM (SELECT run, min(global_step) AS step, tensor, nans FROM tensors WHERE model = '"'mnist'"' AND nans > 0 GROUP BY run, tensor) UNION ALL SELECT 3003 LIMIT 1" | sed "s/300[0-9]/3003/"' "$build/mgreg"
expect_match "9. and in curves" '^bad	loss	300[0-9]$' ask "SELECT run, metric, min(step) AS step FROM metrics_all WHERE model = 'mnist' AND is_nan GROUP BY run, metric;"
expect_output "10. the loss as it really continued" "3000	2000	1	1
3000	3000	2	2" sh -c '"$0" sql -o csv -q "SELECT step, value, session FROM metrics WHERE model = '"'mnist'"' AND run = '"'base'"' AND metric = '"'loss'"' ORDER BY step;" >curve
	awk -F, "{ n++; if (\$3 != s) { if (s) print_it(); s = \$3; first = \$3 } last = \$1 } function print_it() { printf \"%s\t%s\t%s\t%s\n\", total, last, first, s } END { print_it() }" total=3000 curve' "$build/mgreg"
expect_output "10. a point a step, none of the rewound ones" "3000 3000" sh -c 'echo $(cut -d, -f 1 curve | sort -u | wc -l) $(wc -l <curve)'
expect_output "10. metrics_all has the whole truth" 4000 ask "SELECT count(*) FROM metrics_all WHERE model = 'mnist' AND run = 'base' AND metric = 'loss'"
expect_match "11. what prod meant then" '^2	1000	' ask -p day "$(ask "SELECT datetime(valid_from, '+0 seconds') FROM alias_history ORDER BY log_id LIMIT 1")" "SELECT no, global_step, valid_from, valid_to FROM alias_history
WHERE model = 'mnist' AND alias = 'prod' AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
ORDER BY log_id DESC LIMIT 1;"
expect_match "11. and means now" '^5	3000	' ask -p day 2999-01-01 "SELECT no, global_step, valid_from, valid_to FROM alias_history
WHERE model = 'mnist' AND alias = 'prod' AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
ORDER BY log_id DESC LIMIT 1;"
expect_output "12. full ancestry, across runs" "0		fast	6	2000	live
1	forked	base	2	1000	live
2	continued	base	1		live" ask "WITH RECURSIVE up(id, relation, depth) AS (
  SELECT version_id, '', 0 FROM versions WHERE model = 'mnist' AND no = 6
  UNION SELECT l.parent_id, l.relation, depth + 1 FROM up JOIN lineage l ON l.child_id = up.id)
SELECT depth, up.relation, v.run, v.no, v.global_step, v.state
FROM up JOIN versions v ON v.version_id = up.id ORDER BY depth;"
expect_output "13. what each save cost" 12 sh -c '"$0" sql -o porcelain "SELECT no, run, global_step, state, logical_bytes, added_bytes FROM storage WHERE model = '"'mnist'"' ORDER BY added_bytes DESC;" | awk -F"\t" "\$5 > 0" | wc -l' "$build/mgreg"
expect_output "14. what can continue training, and through which node" "fast 6 2000 train_op
base 5 3000 train_op
base 2 1000 train_op
base 1  train_op" sh -c '"$0" sql -o porcelain "SELECT run, no, global_step, node FROM collections
WHERE model = '"'mnist'"' AND collection = '"'train_op'"' AND idx = 0 AND state = '"'live'"' ORDER BY version_id DESC;" | grep -v "^bad\|^two" | awk -F"\t" "{ print \$1, \$2, \$3, \"train_op\" (\$4 == \"\" ? \" lacks its node\" : \"\") }"' "$build/mgreg"
train mnist@v2 --run never --steps 100
expect_match "15. live checkpoints with Nesterov that were never evaluated" '^never	[0-9]+	1100	momentum$' ask "SELECT v.run, v.no, v.global_step, s.hparams ->> '\$.opt' AS opt FROM versions v JOIN hparam_sets s USING (hparam_set_id)
WHERE v.model = 'mnist' AND v.state = 'live' AND v.kind = 'checkpoint' AND s.hparams ->> '\$.nesterov'
  AND NOT EXISTS (SELECT 1 FROM metrics m WHERE m.version_id = v.version_id AND m.metric = 'eval/acc');"
check "not the ones that were" sh -c '! grep -qE "^(base|fast)" out'
expect_output "two MetaGraphs in one version" "0	serve
1	train" ask "SELECT metagraph_no, tags FROM metagraphs WHERE model = 'mnist' AND no = 9 ORDER BY 1"
expect_output "a purged version keeps its facts" "purged	2000	3" ask "SELECT v.state, v.global_step, (SELECT count(*) FROM tensors t WHERE t.version_id = v.version_id AND t.l2 IS NOT NULL) FROM versions v WHERE no = 3"
expect_match "and the store is whole" 'no problem' mgreg fsck
done_testing
