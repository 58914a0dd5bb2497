{#- Slowly changing dimensions (type 2): what each record said, from which local day to which.
    Built from every delivery that counts, so it needs no snapshot table that could be lost: the
    originals are the history. A day's last version stands for the day; equal neighbours are one
    row. Half-open; valid_to is null while the record still says it, and the day of the delivery
    that no longer held the record once it is gone. -#}
{% macro dated_statements(landed, deliveries, entity, columns) -%}
    {%- set stated = {} -%}
    {%- for column in columns -%}
        {%- do stated.update({column: 'landed.' ~ adapter.quote(column)}) -%}
    {%- endfor -%}
    {%- do stated.update({'said_hash': said_hash(columns), 'source_system': 'landed.source_system'}) -%}
    with versions as (

        {{ landed_versions(landed, deliveries, entity, columns=stated) | indent(8) }}

    ),

    assertions as (

        {{ last_assertions('versions', deliveries, entity, ['record_key']) | indent(8) }}

    ),

    -- gone only when every feed has taken it back; then by the last of them
    gone as (

        select
            assertions.record_key,
            max(deliveries.exported_date) as gone_date
        from assertions
        left join {{ deliveries }} as deliveries
            on
                deliveries.entity = '{{ entity }}'
                and assertions.taken_back_order = deliveries.delivery_order
        group by assertions.record_key
        having count(*) = count(assertions.taken_back_order)

    ),

    ranked as (

        select
            versions.*,
            row_number() over (
                partition by record_key, exported_date
                order by {{ version_order_desc() }}
            ) as pick
        from versions
        where not is_tombstone

    ),

    compared as (

        select
            ranked.*,
            lag(said_hash) over (
                partition by record_key order by exported_date nulls first
            ) as said_before
        from ranked
        where pick = 1

    ),

    changed as (

        select * from compared
        where said_before is null or said_hash <> said_before

    ),

    dated as (

        select
            changed.record_key,
            changed.source_system,
            {%- for column in columns %}
            changed.{{ adapter.quote(column) }},
            {%- endfor %}
            -- an export without a time of its own says nothing about when: since ever
            coalesce(changed.exported_date, cast('1900-01-01' as date)) as valid_from,
            coalesce(
                lead(changed.exported_date) over (
                    partition by changed.record_key order by changed.exported_date nulls first
                ),
                gone.gone_date
            ) as valid_to
        from changed
        left join gone on changed.record_key = gone.record_key

    )

    select * from dated
{%- endmacro %}
