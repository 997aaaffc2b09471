# SPDX-License-Identifier: Apache-2.0
# line.sh - sourced after lib.sh: sixty points of a line and a graph to fit them, extended by an optimizer, in registry.mgreg.
line_data() {
	awk 'BEGIN {
		print "x[0],x[1],y"
		s = 12345
		for (i = 0; i < 60; i++) {
			s = (s * 1103515245 + 12345) % 2147483648; a = s / 1073741824 - 1
			s = (s * 1103515245 + 12345) % 2147483648; b = s / 1073741824 - 1
			printf "%.6f,%.6f,%.6f\n", a, b, 2 * a - 3 * b
		}
	}' >line.csv
}
# line_store OPTIMIZER: line/raw is the graph, line/base the one to train
line_store() {
	line_data
	mgreg -q init >/dev/null && mgreg export "$src/tests/cli/line.pbtxt" --as line/raw >/dev/null &&
		mgreg extend line/raw --minimize loss --optimizer "${1:-adam:learning_rate=0.05}" --as line/base >/dev/null
}
# what two versions differ in among their tensors: nothing if they are equal to the bit
same_tensors() { mgreg diff "$1" "$2" --tensors --exit-code; }
