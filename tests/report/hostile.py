"""Cases as an attacker would have them: markup in every text, and records that break their contract."""

# Ends the data block, runs as markup, as handler, as attribute; reorders text; holds a zero byte and the page's
# own mark.
PAYLOAD = ('</script><img src=x onerror="document.documentElement.dataset.hacked=1"><!--<script>'
           'document.documentElement.dataset.hacked=2</script>" onload="1" \' {{case}} '
           '\u202egpj.exe\u0000 javascript:1')


def poisoned(value, key=None):
    """The same case with the payload in every text and in every name that a case chooses itself."""
    if isinstance(value, str):
        return value if key == "type" else value + PAYLOAD
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    if isinstance(value, dict):
        free_names = key in ("parameters", "counters")
        suffix = PAYLOAD.replace("\u0000", "") if free_names else ""
        return {name + suffix: poisoned(item, name) for name, item in value.items()}
    return value


def crooked(case):
    """Records that break their contract: missing fields, wrong types, ids that are not numbers."""
    records = [{"type": record["type"]} for record in case]
    for record in case:
        records.append({name: value if name == "type" else PAYLOAD for name, value in record.items()})
        records.append({name: value if name == "type" else None for name, value in record.items()})
    return records + [{"type": PAYLOAD}]
