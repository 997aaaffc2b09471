# SPDX-License-Identifier: Apache-2.0
# embed.awk - SQL into C.  mode=names: the enum; texts: the named statements; script: a whole file; objects: what
# sqlite_schema must hold, one { name, text } for each CREATE, white space collapsed.
function quote(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s }
function flush() { if (mode == "texts" && open) print "\t,"; open = 0 }
mode == "script" { if (!/^--/ && !/^$/) print "\t" quote($0) "\\n\""; next }
mode == "objects" {
	if (s == "" && !/^CREATE/) next
	s = s " " $0
	if (s ~ /^ CREATE TRIGGER/ ? !/END;$/ : !/;( *--.*)?$/) next
	sub(/;( *--.*)?$/, "", s); gsub(/[ \t\n]+/, " ", s); sub(/^ /, "", s)
	split(s, w, " "); print "\t{ \"" (w[2] == "UNIQUE" ? w[4] : w[3]) "\",\n\t  " quote(s) "\" },"; s = ""; next
}
/^-- name: / { flush(); open = 1; if (mode == "names") print "\tMG_SQL_" toupper($3) ","; else print "\t/* " $3 " */"; next }
/^--/ || /^$/ { next }
mode == "texts" && open { print "\t" quote($0) "\\n\"" }
END { flush() }
