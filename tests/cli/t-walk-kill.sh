#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-kill.sh - kill -9 at random moments of a training: the store is in order each time, latest names a whole
# version, training goes on from there.  MGREG_KILLS: how often (default 20).
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"
kills=${MGREG_KILLS:-20}

check "a store" line_store adam:learning_rate=0.01
check "a first version" mgreg train line/base --data line.csv --batch 16 --steps 10 --seed 5
bad= step=10 grew=0 i=0
while [ $i -lt "$kills" ]; do
	i=$((i + 1))
	"$build/mgreg" -q train line/base --data line.csv --batch 16 --steps 1000000 --save-every 10 --metrics loss >/dev/null 2>&1 &
	pid=$!
	# from the first instructions to the middle of some save: 0 to 0.4 s
	sleep "$(awk -v s="$i$$" 'BEGIN { srand(s); printf "%.3f", rand() * 0.4 }')"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	mgreg fsck --quick >out 2>err || bad="$bad fsck:$i"
	ref=$(mgreg -q latest line/base 2>>err) || bad="$bad latest:$i"
	now=$(mgreg -q latest line/base --steps 2>>err)
	[ "${now:-0}" -ge "$step" ] || bad="$bad step:$i"
	[ "${now:-0}" -gt "$step" ] && grew=$((grew + 1))
	step=${now:-0}
	# whole: every tensor is read and its checksum verified
	mgreg tensors "$ref" --values >/dev/null 2>>err || bad="$bad tensors:$i"
done
check "after $kills kills the store was in order each time$bad" test -z "$bad"
check "training had gone on in $grew of them" test "$grew" -ge $((kills / 4))
expect_output "and goes on" "line/base@$((step + 7))" mgreg train line/base --data line.csv --batch 16 --steps 7
expect_ok "every chunk is as it was written" mgreg fsck
# the whole way in one go gives the same bits: nothing was lost and nothing was done twice
expect_output "the same way in one process" "line/whole@$((step + 7))" \
	mgreg train line@v2 --data line.csv --batch 16 --until-step $((step + 7)) --seed 5 --run whole
expect_ok "ends at the same bits" mgreg diff "line/base@$((step + 7))" "line/whole@$((step + 7))" --tensors --exit-code
done_testing
