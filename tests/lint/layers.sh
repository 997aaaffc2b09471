#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh - every #include follows the ladder of ARCHITECTURE.md.
cd "${MGREG_SRC:-.}/src" || exit 99
echo 1..1
find . -name '*.[ch]' -o -name '*.inc' -o -name '*.def' | sed 's,^\./,,' | sort | xargs awk '
BEGIN {
	may["base"] = ""
	may["proto"] = "base"
	may["pack"] = "base"
	may["store"] = "base"
	may["tensor"] = "base proto"
	may["ckpt"] = "base proto pack tensor"
	may["op"] = "base proto tensor"
	may["graph"] = "base proto tensor op"
	may["metagraph"] = "base proto tensor op graph"
	may["grad"] = "base tensor op graph"
	may["train"] = "base tensor op graph grad"
	may["runtime"] = "base proto tensor ckpt op graph grad"
	may["saver"] = "base proto tensor ckpt op graph metagraph runtime"
	may["interop"] = "base proto tensor ckpt pack op graph metagraph runtime saver"
	may["registry"] = "base proto pack store tensor ckpt op graph metagraph grad train runtime saver interop"
	may["cli"] = "base"
	# a layer is seen through one header; these are shown besides
	shown["graph/record.h"] = shown["proto/pb.h"] = shown["proto/wire.h"] = shown["runtime/kernel.h"] = 1
	# each external header in one place
	only["sqlite3.h"] = "^store/(db|foreign)\\.c$|^store/store_internal\\.h$"
	only["zstd.h"] = "^store/codec\\.c$"
	only["archive.h"] = only["archive_entry.h"] = "^pack/archive\\.[ch]$"
	only["snappy-c.h"] = "^ckpt/snappy\\.c$"
	only["cblas.h"] = "^runtime/blas\\.c$"
	only["dnnl.h"] = "^runtime/(dnnl|kernels/k_conv_dnnl)\\.[ch]$"
	only["pcre2.h"] = "^base/regex\\.c$"
	only["xxhash.h"] = "^base/xxh3(_[a-z0-9]+)?\\.c$"
	only["isa-l.h"] = "^base/crc32c\\.c$"
	only["openssl/evp.h"] = "^base/sha256\\.c$"
	only["png.h"] = "^runtime/codec_png\\.c$"
	only["jpeglib.h"] = "^runtime/codec_jpeg\\.c$"
	only["zlib.h"] = "^(ckpt/flate|runtime/source)\\.c$"
	only["jansson.h"] = "^base/json\\.h$"
}
/^[ \t]*#[ \t]*include/ {
	line = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", line)
	sub(/[">].*/, "", line)
	if (line in only && FILENAME !~ only[line])
		bad(line " belongs elsewhere")
	if (line ~ /\.pb-c\.h$/ && FILENAME != "proto/pb.h")
		bad(line " is included by proto/pb.h only")
	n = split(FILENAME, me, "/")
	if (n < 2 || $0 !~ /"/)
		next
	split(line, you, "/")
	if (!(you[1] in may) || you[1] == me[1])
		next
	if (me[1] == "cli" && line != "base/text.h")
		bad("cli sees mgreg.h and base/text.h only: " line)
	if (index(" " may[me[1]] " ", " " you[1] " ") == 0)
		bad(me[1] " may not include " line)
	else if (you[1] != "base" && line != you[1] "/" you[1] ".h" && !(line in shown))
		bad(you[1] " shows " you[1] ".h, not " line)
}
function bad(why) { printf "# src/%s:%d: %s\n", FILENAME, FNR, why; wrong++ }
END { print (wrong ? "not ok" : "ok") " 1 - includes follow the ladder" }
'
