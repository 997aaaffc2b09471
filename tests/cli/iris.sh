# SPDX-License-Identifier: Apache-2.0
# iris.sh - sourced after lib.sh: iris_store STEPS EVERY makes registry.mgreg with iris@v1 (the graph) and a checkpoint of run base
# every EVERY steps, metrics loss and accuracy recorded of each.
examples=$src/contrib/examples
iris_store() {
	mgreg init >/dev/null && mgreg export "$examples/iris.pbtxt" --as iris/base -H learning_rate=0.1 >/dev/null &&
		iris_train iris/base --steps "$1" --save-every "$2"
}
iris_train() { mgreg train "$@" --data "$examples/iris.csv" --batch 50 --metrics loss,accuracy >/dev/null 2>&1; }
