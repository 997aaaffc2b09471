# SPDX-License-Identifier: Apache-2.0
# lib.sh - sourced by the command's test scripts: a temporary folder to work in, TAP output.
#
#   expect_ok WHAT COMMAND...             exit status 0
#   expect_fail STATUS WHAT COMMAND...    this exit status
#   expect_output WHAT EXPECTED COMMAND...  exit 0 and exactly these lines
#   expect_nothing WHAT COMMAND...        exit 0 and no output
#   expect_match WHAT REGEX COMMAND...    exit 0 and a line that matches (grep -E)
#   ok WHAT; not_ok WHAT WHY; check WHAT COMMAND...  (a condition)
#   skip_all WHY; done_testing
# "mgreg" is the one that was built; output of the last command is in out and err.

src=${MGREG_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${MGREG_BUILD:-$src/build}
corpus=${MGREG_CORPUS:-$src/../shared/corpus}
[ -d "$corpus" ] && corpus=$(cd "$corpus" && pwd)
tests=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
unset MGREG_STORE
export MGREG_ACTOR=tester

mgreg() { "$build/mgreg" "$@"; }
ok() { tests=$((tests + 1)); echo "ok $tests - $1"; }
not_ok() {
	tests=$((tests + 1))
	echo "# $2" | sed '2,$s/^/# /'
	[ -s err ] && sed 's/^/# stderr: /' err | head -20
	[ -s out ] && sed 's/^/# stdout: /' out | head -20
	echo "not ok $tests - $1"
}
check() {
	_what=$1
	shift
	if "$@" >check.out 2>&1; then ok "$_what"; else not_ok "$_what" "failed: $* $(head -3 check.out)"; fi
}
expect_ok() {
	_what=$1
	shift
	if "$@" >out 2>err; then ok "$_what"; else not_ok "$_what" "failed: $*"; fi
}
expect_fail() {
	_want=$1 _what=$2
	shift 2
	"$@" >out 2>err
	_got=$?
	if [ $_got -eq "$_want" ]; then ok "$_what"; else not_ok "$_what" "exit $_got, expected $_want: $*"; fi
}
expect_output() {
	_what=$1
	printf '%s\n' "$2" >want
	shift 2
	if ! "$@" >out 2>err; then
		not_ok "$_what" "failed: $*"
	elif cmp -s want out; then
		ok "$_what"
	else
		not_ok "$_what" "$(diff want out)"
	fi
}
expect_nothing() {
	_what=$1
	shift
	if ! "$@" >out 2>err; then
		not_ok "$_what" "failed: $*"
	elif [ -s out ]; then
		not_ok "$_what" "there is output"
	else
		ok "$_what"
	fi
}
expect_match() {
	_what=$1 _re=$2
	shift 2
	if ! "$@" >out 2>err; then
		not_ok "$_what" "failed: $*"
	elif grep -qE -e "$_re" out; then
		ok "$_what"
	else
		not_ok "$_what" "no line matches $_re"
	fi
}
skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }
skip_all() { echo "1..0 # SKIP $1"; exit 0; }
need_corpus() { [ -d "$corpus" ] || skip_all "no corpus of TensorFlow files (MGREG_CORPUS)"; }
done_testing() { echo "1..$tests"; }
