#!/usr/bin/env bash
# numscript 0.2.0 (Formance): the rial that is left over does not go to `remaining`.
#
# Guess: of 100 rial, a third to a, a third to b and `remaining` to c, c has 34: what remains when the others have their
# 33. And of 101 rial at 30 % and 70 % the left-over rial goes to the larger fraction, 70.7.
# Seen: `remaining` is one more fraction, a third; every part is rounded down, and what is left over goes one by one to
# the parts in the order in which they stand. So a has 34 and c 33, and the 30 % have 31. Who wants the remainder to be
# c's writes c first.
set -uo pipefail
folder=$(mktemp -d) && trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
GOPATH="$folder/go" GOBIN="$folder" GOFLAGS=-modcacherw \
    go install github.com/formancehq/numscript/cmd/numscript@v0.2.0 >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
echo '{"balances": [], "variables": {}}' >"$folder/inputs.json"

split() {
    printf 'send [IRR %s] (\n  source = @world\n  destination = {\n%b  }\n)\n' "$1" "$2" >"$folder/split.num"
    "$folder/numscript" run "$folder/split.num" --inputs "$folder/inputs.json" -o json |
        python3 -c 'import json, sys; print(*(p["destination"] + "=" + str(p["amount"]) for p in json.load(sys.stdin)["postings"]))' 2>/dev/null ||
        echo failed
}

thirds=$(split 100 '    1/3 to @a\n    1/3 to @b\n    remaining to @c\n')
shares=$(split 101 '    30% to @bank\n    70% to @office\n')
printf 'numscript 0.2.0: thirds of 100 with `remaining` last: %s; 30 %% and 70 %% of 101: %s\n' "$thirds" "$shares"
[ "$thirds" = "a=34 b=33 c=33" ] && [ "$shares" = "bank=31 office=70" ]
