#!/usr/bin/env bash
# schwifty 2026.10.1: an Iranian IBAN is valid to it, and it knows nothing of what is in it.
#
# Guess: who validates IR IBANs by the registry's structure also gives the bank (characters 5 to 7) and the account.
# Seen: bank code, branch code and account code are empty texts, the bank has no name, and an IBAN of Iran cannot be
# generated. A payment file that takes `iban.bank_code` writes an empty one, without an error.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check schwifty==2026.10.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import sys
from importlib.metadata import version

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

iban = IBAN("IR580540105180021273113007")  # the registry's own example
try:
    made = IBAN.generate("IR", bank_code="062", account_code="0000000000020250202")
except SchwiftyException as refused:
    made = str(refused)
seen = (iban.is_valid, iban.bank_code, iban.branch_code, iban.account_code, iban.bank_name, made)
print("schwifty", version("schwifty"), seen)
sys.exit(seen != (True, "", "", "", None, "BBAN generation for IR not supported"))
PY
