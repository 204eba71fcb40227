"""Faults in who may open a door, and with which key."""

from tests.mutants.mutant import Mutant

KEYS = "tests/unit/producers/access/test_keys.py"
KEYRING = "tests/unit/producers/access/test_keyring.py"
KEEPER = "tests/integration/connectors/database/test_keeper.py"
REVEAL = "tests/unit/producers/vault/test_reveal.py"
SEALING = "tests/unit/connectors/vault/test_sealing.py"
VAULT = "tests/integration/deploy/test_vault.py"

OPENING: tuple[Mutant, ...] = (
    Mutant(
        "a key holds what its party cannot do",
        "producers/access/keys.py",
        "    if not order.scopes <= GRANTABLE[order.party.kind]:\n",
        "    if not order.scopes & GRANTABLE[order.party.kind]:\n",
        (f"{KEYS}::test_what_no_key_may_be_is_refused_and_on_record[order1-scope_not_of_party]",),
    ),
    Mutant(
        "a refused act leaves no row",
        "producers/access/keys.py",
        "        desk.note(AdminAct.KEY_ISSUE, str(order.party), refusal)\n",
        "",
        (f"{KEYS}::test_what_no_key_may_be_is_refused_and_on_record[order0-scope_not_of_party]",),
    ),
    Mutant(
        "a key opens doors at the moment at which it ends",
        "producers/access/keys.py",
        "KeyState.ENDING if now < self.ends_at",
        "KeyState.ENDING if now <= self.ends_at",
        (f"{KEYS}::test_a_rotated_key_opens_doors_until_its_overlap_has_passed",),
    ),
    Mutant(
        "a whole token gets into the audit",
        "producers/access/keys.py",
        'return f"key {key_id}" if is_key_id(key_id) else "no key\'s name"',
        'return f"key {key_id}"',
        (f"{KEYS}::test_what_somebody_typed_for_a_key_is_on_record_only_if_it_may_be_its_name",),
    ),
    Mutant(
        "keys that nobody can ask after stay good",
        "producers/access/keyring.py",
        "        if not self.is_fresh:\n            raise KeysUnknown\n",
        "",
        (f"{KEYRING}::test_before_the_first_reading_and_long_after_the_last_nobody_can_tell",),
    ),
    Mutant(
        "a revoked key that is still known opens doors",
        "producers/access/keyring.py",
        " or key is None or not key.opens(now):",
        " or key is None:",
        (f"{KEYRING}::test_what_is_revoked_or_over_opens_nothing",),
    ),
    Mutant(
        "a reading counts from its end",
        "connectors/database/access/keeper.py",
        "        began = self._seconds()\n        store = SqlKeys(connection)\n",
        "        began = self._seconds() + 60\n        store = SqlKeys(connection)\n",
        (f"{KEEPER}::test_a_lost_connection_is_made_anew_and_a_silent_database_is_no_answer",),
    ),
    Mutant(
        "personal fields are shown before anybody accepted",
        "producers/vault/reveal.py",
        "    if not facts.accepted:\n        return RevealRefusal.NOT_ACCEPTED\n",
        "",
        (f"{REVEAL}::test_not_before_an_office_has_accepted",),
    ),
    Mutant(
        "personal fields are shown at the moment at which the time for it ends",
        "producers/vault/reveal.py",
        "now >= facts.ended_at + AFTER_THE_END",
        "now > facts.ended_at + AFTER_THE_END",
        (f"{REVEAL}::test_until_a_set_time_after_the_end",),
    ),
    Mutant(
        "an agency and an office of one code are taken for each other",
        "producers/vault/reveal.py",
        "            return facts.agency == caller.party.code\n",
        "            return caller.party.code in (facts.agency, facts.office)\n",
        (f"{REVEAL}::test_for_everybody_else_there_is_no_such_request[party2]",),
    ),
    Mutant(
        "a blob opens for another request",
        "connectors/vault/sealing.py",
        "    return _VERSION + nonce + AESGCM(key).encrypt(nonce, content, bound_to.bytes)\n",
        "    return _VERSION + nonce + AESGCM(key).encrypt(nonce, content, None)\n",
        (f"{SEALING}::test_fields_come_back_as_they_were",),
    ),
    Mutant(
        "a lost key of the vault is made anew",
        "deploy/running/preparation.py",
        "        if record is None and not path.exists():\n",
        "        if not path.exists():\n",
        (f"{VAULT}::test_a_lost_key_is_never_made_anew",),
    ),
)
