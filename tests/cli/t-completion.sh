#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net/base --step 10 >/dev/null || exit 99
for shell in bash zsh fish; do mgreg completion $shell >completion.$shell || exit 99; done
check "bash names every command" test "$(mgreg help | grep -c '^  [a-z]')" = \
	"$(sed -n "s/^	'') words='\([^-]*\) --store.*/\1/p" completion.bash | wc -w)"
if command -v bash >/dev/null; then
	cat >complete.bash <<'END'
source completion.bash || exit 1
mgreg() { "$MGREG" "$@"; }
COMP_WORDS=(mgreg "$@"); COMP_CWORD=$#
_mgreg
printf '%s\n' "${COMPREPLY[@]}"
END
	export MGREG="$build/mgreg"
	expect_output "commands" "promote
prune" bash complete.bash pr
	expect_output "options of a command" "--force-protected" bash complete.bash promote --forc
	expect_output "global options" "--porcelain" bash complete.bash ls --porc
	expect_output "behind global options with values" "lineage" bash complete.bash -s registry.mgreg -q lin
	expect_match "references" '^net/base' bash complete.bash show net
	expect_match "models" '^net$' bash complete.bash show net
	expect_output "files" graph.pbtxt bash complete.bash export gra
	check "no error" bash -n completion.bash
else
	skip "bash" "it is not installed"
fi
for shell in zsh fish; do
	if command -v $shell >/dev/null; then
		check "$shell takes it" $shell -n completion.$shell
	else
		skip "$shell takes it" "it is not installed"
	fi
done
expect_match "zsh describes" "'promote:move an alias" cat completion.zsh
expect_match "fish describes" "-a promote -d 'move an alias" cat completion.fish
expect_fail 2 "another shell" mgreg completion tcsh
done_testing
