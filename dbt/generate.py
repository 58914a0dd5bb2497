"""Writes what dbt must know of the canonical entities: sources, staging models, docs and tests;
and the holidays of Japan.

`sources/entities.yml` is declared once; this script turns it into readable files, committed. Run
`make generate` after changing an entity; a test fails while the files differ.
No rule lives here: which version of a record counts is in macros/versions.sql, and
stg_billing__subscriptions.sql, which has rules of its own, is written by hand.
"""

import sys
from pathlib import Path

import holidays

from sources.entities import Column, Entity, entities, lineage

DBT = Path(__file__).parent
SEEDS = Path("seeds")
STAGING = Path("models/staging")
OBSERVABILITY = Path("models/marts/observability")

DATA_TYPES = {
    "text": "string",
    "date": "date",
    "ts": "timestamp",
    "dec": "decimal(18, 6)",
    "int": "bigint",
    "bool": "boolean",
}

HAND_WRITTEN = {"billing.subscriptions"}

# The lineage columns a staging model keeps; a tombstone is never a row of it.
STAGED_LINEAGE = tuple(column for column in lineage() if column.name != "is_tombstone")

# Rows of a contract that the source deleted stay, so that the deletion can count as churn.
DELETED_IN_SOURCE = Column(
    name="deleted_in_source_date",
    type="date",
    ja="元システムでの削除日",
    en=(
        "Local date of the first later delivery without any row of the contract, or of its"
        " deletion notice; null while the source still holds the contract"
    ),
)

WRITTEN = (
    "Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`."
)
GENERATED_YAML = f"# {WRITTEN}\n"
GENERATED_SQL = f"-- {WRITTEN}\n"

# control__* are not canonical entities: landing writes them about its deliveries.
CONTROL_TABLES = {
    "control__deliveries": (
        "one row per live delivery and entity it fed",
        {
            "delivery_id": (
                "string",
                "Id of the delivery; the same wherever the same file is landed.",
            ),
            "feed_id": (
                "string",
                "Id of the mapping that read the file; one feed over all its deliveries.",
            ),
            "mapping_hash": ("string", "Hash of the mapping as it was."),
            "content_sha256": ("string", "SHA-256 of the file."),
            "entity": ("string", "Canonical entity, as in billing.invoices."),
            "source_system": ("string", "Name of the system that exported the file."),
            "file_name": ("string", "Name of the file as delivered."),
            "encoding": ("string", "Text encoding the file was read in; null for binary formats."),
            "exported_at": ("timestamp", "When the source wrote the export (UTC)."),
            "is_exported_at_assumed": ("boolean", "True when only the file's own time is known."),
            "received_at": ("timestamp", "When the file was received (UTC)."),
            "coverage": (
                "string",
                "full, delta or full_within: what the absence of a record means.",
            ),
            "coverage_column": ("string", "Date column of a full_within delivery; null otherwise."),
            "covers_from": ("date", "First day a full_within delivery covers; null otherwise."),
            "covers_to": (
                "date",
                "Last day a full_within delivery covers (inclusive); null otherwise.",
            ),
            "history": (
                "string",
                "segments, events or snapshot: what a row of the delivery stands for.",
            ),
            "rows_read": ("bigint", "Source records read."),
            "rows_landed": ("bigint", "Rows landed for the entity."),
            "rows_quarantined": ("bigint", "Rows kept back with a reason."),
            "rows_repeated": ("bigint", "Rows repeated inside the file, landed once."),
            "rows_filtered": ("bigint", "Rows the mapping's `when` left out."),
        },
    ),
    "control__quarantine": (
        "one row per reason for which a row was kept back",
        {
            "delivery_id": ("string", "Id of the delivery."),
            "entity": ("string", "Canonical entity the row was read for."),
            "source_system": ("string", "Name of the system that exported the file."),
            "file_name": ("string", "Name of the file as delivered."),
            "source_sheet": ("string", "Sheet or member file; null for a plain file."),
            "source_row": ("bigint", "Row in the file as a person sees it."),
            "column_name": (
                "string",
                "Column of the cell; null when the row as a whole is damaged.",
            ),
            "raw_value": ("string", "The cell as sent; masked for personal columns."),
            "reason_code": ("string", "Why the row was kept back."),
            "message_ja": ("string", "The reason in Japanese."),
            "message_en": ("string", "The reason in English."),
            "remedy_ja": ("string", "What to do, in Japanese."),
            "remedy_en": ("string", "What to do, in English."),
        },
    ),
    "control__refused_invoices": (
        "one row per invoice that was kept back, with what of it could be read",
        {
            "delivery_id": ("string", "Id of the delivery."),
            "source_system": ("string", "Name of the system that exported the file."),
            "file_name": ("string", "Name of the file as delivered."),
            "source_sheet": ("string", "Sheet or member file; null for a plain file."),
            "source_row": ("bigint", "Row in the file as a person sees it."),
            "record_key": ("string", "Key of the record; null when its number cannot be read."),
            "invoice_id": ("string", "Invoice number; null when it cannot be read."),
            "issue_date": ("date", "Day of issue; null when it cannot be read."),
            "currency": ("string", "ISO 4217 currency; null when it cannot be read."),
            "total_native": ("decimal(18, 6)", "Total with tax; null when it cannot be read."),
            "document_type": ("string", "Kind of document; null when it cannot be read."),
            "status": ("string", "Status as named in the source."),
        },
    ),
}


def landed_columns(entity: Entity) -> list[Column]:
    """The columns of a landed table, by the names they have in Parquet."""
    own = [
        Column(
            name=column.landed_name,
            type=column.type,
            ja=column.ja,
            en=column.en,
            data_class=column.data_class,
        )
        for column in entity.columns
    ]
    folded = [
        Column(
            name=column.folded_name,
            type="text",
            ja=f"{column.ja}（照合用）",
            en=f"{column.name} folded for matching (width, case, spaces, hyphens)",
            data_class=column.data_class,
        )
        for column in entity.folded_columns
    ]
    return own + folded + list(lineage())


def staged_columns(entity: Entity) -> list[Column]:
    """The columns of the staging model: as landed, without the tombstone mark."""
    columns = [column for column in landed_columns(entity) if column.name != "is_tombstone"]
    return [*columns, DELETED_IN_SOURCE] if entity.id in HAND_WRITTEN else columns


def business_columns(entity: Entity) -> list[Column]:
    """What a source can say about a record: two versions differ where one of these differs."""
    names = {column.landed_name for column in entity.columns} | {"extra", "is_tombstone"}
    return [column for column in landed_columns(entity) if column.name in names]


def identifier(name: str) -> str:
    """The column in SQL; `group` is a reserved word on both engines, which quote differently."""
    return "{{ adapter.quote('group') }}" if name == "group" else name


def coverage_dates(entity: Entity) -> dict[str, str]:
    """Columns a mapping may declare itself complete for, each with its local date in SQL."""
    dates = {}
    for column in entity.columns:
        landed = f"landed.{column.landed_name}"
        if column.type == "ts":
            dates[column.name] = f"local_date('{landed}')"
        elif column.type == "date":
            # the landed end is the day after: a period is given in days as sent
            dates[column.name] = f"add_days('{landed}', -1)" if column.landed_as else f"'{landed}'"
    return dates


def staging_model(entity: Entity) -> str:
    """The SQL of a staging model: import, the versions that count, the columns with their types."""
    dates = coverage_dates(entity)
    arguments = [
        f"source('landed', '{entity.table}')",
        "ref('stg_control__deliveries')",
        f"'{entity.id}'",
    ]
    call = ",\n".join(f"            {argument}" for argument in arguments)
    if dates:
        lines = "".join(f"                '{name}': {date},\n" for name, date in dates.items())
        call += f",\n            coverage_dates={{\n{lines}            }}"
    casts = "".join(
        f"        cast(landed.{identifier(column.name)} as {DATA_TYPES[column.type]})"
        f" as {identifier(column.name)},\n"
        for column in staged_columns(entity)
    )
    return f"""{GENERATED_SQL}with landed as (

    select * from {{{{ source('landed', '{entity.table}') }}}}

),

current_versions as (

    {{{{
        current_versions(
{call},
        ) | indent(4)
    }}}}

),

typed as (

    select
{casts.rstrip().rstrip(",")}
    from landed
    inner join current_versions on {{{{ same_row('landed', 'current_versions') }}}}

)

select * from typed
"""


def quoted(text: str) -> str:
    """A YAML double-quoted scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def column_yaml(column: Column, indent: str) -> str:
    return (
        f"{indent}- name: {column.name}\n"
        f"{indent}  data_type: {DATA_TYPES[column.type]}\n"
        f"{indent}  description: {quoted(f'{column.en} / {column.ja}')}\n"
        f"{indent}  config:\n"
        f"{indent}    meta: {{class: {column.data_class}}}\n"
    )


def landed_sources() -> str:
    """YAML of the landed tables as dbt sources."""
    parts = [
        GENERATED_YAML,
        "version: 2\n\nsources:\n  - name: landed\n    schema: landed\n",
        '    description: "Canonical columns, typed, one immutable Parquet file per delivery."\n',
        "    tables:\n",
    ]
    for name, (grain, columns) in CONTROL_TABLES.items():
        parts.append(f"      - name: {name}\n        description: {quoted(f'Grain: {grain}.')}\n")
        if name == "control__deliveries":
            parts.append(
                "        data_tests:\n"
                "          - one_row_per:\n"
                "              name: one_row_per_delivery_and_entity\n"
                "              arguments: {columns: [delivery_id, entity]}\n"
            )
        parts.append("        columns:\n")
        parts += [
            f"          - name: {column}\n"
            f"            data_type: {data_type}\n"
            f"            description: {quoted(description)}\n"
            for column, (data_type, description) in columns.items()
        ]
    for entity in entities().values():
        description = f"Grain: one row per delivered row. {entity.en} / {entity.ja}"
        parts.append(f"      - name: {entity.table}\n        description: {quoted(description)}\n")
        parts.append("        columns:\n")
        parts += [column_yaml(column, " " * 10) for column in landed_columns(entity)]
    return "".join(parts)


def model_yaml(entity: Entity) -> str:
    keys = [column.name for column in lineage() if column.key]
    keys += [column.landed_name for column in entity.key_columns]
    never_null = [column.name for column in lineage() if column.key]
    never_null += [
        column.landed_name for column in entity.key_columns if column.required or column.default
    ]
    never_null += ["delivery_id", "source_row", "record_key"]
    grain = f"Grain: one row per {', '.join(keys)}."
    if entity.id in HAND_WRITTEN:
        detail = (
            f"{entity.en}; snapshots turned into dated segments; contracts the source deleted stay,"
            " with the date."
        )
    else:
        detail = f"{entity.en}, in the version that counts; deleted records are gone."
    return (
        f"  - name: stg_{entity.table}\n"
        f"    description: {quoted(f'{grain} {detail} / {entity.ja}')}\n"
        f"    data_tests:\n"
        f"      - one_row_per:\n"
        f"          name: one_row_per_key_of_stg_{entity.table}\n"
        f"          arguments: {{columns: [{', '.join(keys)}]}}\n"
        f"      - never_null:\n"
        f"          name: no_gap_in_the_key_of_stg_{entity.table}\n"
        f"          arguments: {{columns: [{', '.join(never_null)}]}}\n"
        f"    columns:\n"
        + "".join(column_yaml(column, " " * 6) for column in staged_columns(entity))
    )


def row_outcomes() -> str:
    """The SQL of obs_row_outcome: one CTE per entity, then their union."""
    subscriptions = """    {{
        row_outcomes(
            "select * from " ~ ref('stg_billing__subscription_versions'),
            ref('stg_billing__subscriptions'),
            'billing.subscriptions',
            record=['source_system', 'contract_id', 'line_id', 'record_start_date'],
            is_deleted='staging.deleted_in_source_date is not null',
            is_ignored='is_other_history',
        ) | indent(4)
    }}"""
    ctes = []
    for entity in entities().values():
        said = "".join(f"                    '{c.name}',\n" for c in business_columns(entity))
        body = f"""    {{{{
        row_outcomes(
            landed_versions(
                source('landed', '{entity.table}'),
                ref('stg_control__deliveries'),
                '{entity.id}',
                columns={{'said_hash': said_hash([
{said}                ])}},
            ),
            ref('stg_{entity.table}'),
            '{entity.id}',
        ) | indent(4)
    }}}}"""
        call = subscriptions if entity.id in HAND_WRITTEN else body
        ctes.append(f"{entity.table} as (\n\n{call}\n\n),\n\n")
    union = "\n    union all\n".join(f"    select * from {e.table}" for e in entities().values())
    return f"""{GENERATED_SQL}with {"".join(ctes)}landed_rows as (

{union}

),

counted as (

    select
        cast(delivery_id as string) as delivery_id,
        cast(entity as string) as entity,
        cast(outcome as string) as outcome,
        cast(count(*) as bigint) as row_count,
        {{{{ policy_columns() }}}}
    from landed_rows
    group by delivery_id, entity, outcome

)

select * from counted
"""


HOLIDAY_YEARS = range(2000, 2040)


def japanese_holidays() -> str:
    """日本の祝日, substitute holidays included; business minutes are counted around them."""
    days = holidays.country_holidays("JP", years=HOLIDAY_YEARS, language="ja")
    rows = [f"{day.isoformat()},{name}" for day, name in sorted(days.items())]
    return "\n".join(["holiday_date,holiday_name_ja", *rows]) + "\n"


def generated_files() -> dict[Path, str]:
    """Every generated file by its path inside dbt/."""
    files = {
        SEEDS / "japanese_holidays.csv": japanese_holidays(),
        STAGING / "_landed__sources.yml": landed_sources(),
        OBSERVABILITY / "obs_row_outcome.sql": row_outcomes(),
    }
    groups: dict[str, list[Entity]] = {}
    for entity in entities().values():
        groups.setdefault(entity.group, []).append(entity)
        if entity.id not in HAND_WRITTEN:
            files[STAGING / entity.group / f"stg_{entity.table}.sql"] = staging_model(entity)
    for group, members in groups.items():
        files[STAGING / group / f"_{group}__models.yml"] = (
            GENERATED_YAML + "version: 2\n\nmodels:\n" + "\n".join(map(model_yaml, members))
        )
    return files


def main() -> None:
    for path, text in generated_files().items():
        target = DBT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(generated_files())} files written\n")


if __name__ == "__main__":
    main()
