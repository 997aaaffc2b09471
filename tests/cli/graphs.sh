# SPDX-License-Identifier: Apache-2.0
# graphs.sh - sourced: writes a small MetaGraph as text, for scripts that need a graph and no training.

make_graph() { # FILE
	cat >"$1" <<'END'
meta_info_def { tags: "train" }
graph_def {
  node { name: "x" op: "Placeholder" device: "/job:ps/task:0" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "scope/y" op: "Identity" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
  versions { producer: 24 }
}
collection_def { key: "inputs" value { node_list { value: "x:0" } } }
collection_def { key: "outputs" value { node_list { value: "scope/y:0" } } }
collection_def { key: "hparams" value { bytes_list { value: "{\"lr\": 0.5, \"layers\": [3, 2], \"name\": \"net\"}" } } }
END
}
