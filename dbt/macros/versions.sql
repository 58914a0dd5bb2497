{#- Which version of a record counts: the one owner of the rule. DECISIONS.md ("Staging: which
    version counts") says why, with examples. The staging models call current_versions; only
    stg_billing__subscriptions, which keeps what others drop, calls the steps below it. -#}

{#- The order of versions. Only what the delivery itself says decides, never when it arrived. -#}
{% macro version_order() -%}
    exported_at nulls first, source_updated_at nulls first, content_sha256 nulls first,
    source_row nulls first, source_sheet nulls first, delivery_id nulls first
{%- endmacro %}

{% macro version_order_desc() -%}
    exported_at desc nulls last, source_updated_at desc nulls last, content_sha256 desc nulls last,
    source_row desc nulls last, source_sheet desc nulls last, delivery_id desc nulls last
{%- endmacro %}

{#- Join condition: both sides are the same landed row. One source row may hold several records, one
    file several sheets. -#}
{% macro same_row(left, right) -%}
    {{ left }}.record_key = {{ right }}.record_key
    and {{ left }}.delivery_id = {{ right }}.delivery_id
    and {{ left }}.source_row = {{ right }}.source_row
    and coalesce({{ left }}.source_sheet, '') = coalesce({{ right }}.source_sheet, '')
{%- endmacro %}

{#- Every landed row of a delivery that counts, with what decides its place and no business columns
    but those named: the windows below sort this narrow set, never whole rows.
    coverage_dates: canonical column -> its local date, for mappings that are complete for a period.
    columns: name -> expression, what the caller wants beside. -#}
{% macro landed_versions(landed, deliveries, entity, coverage_dates={}, columns={}) -%}
    select
        landed.record_key,
        landed.delivery_id,
        landed.source_sheet,
        landed.source_row,
        landed.source_updated_at,
        coalesce(landed.is_tombstone, false) as is_tombstone,
        {%- for name, expression in columns.items() %}
        {{ expression }} as {{ name }},
        {%- endfor %}
        deliveries.source_system as feed_system,
        deliveries.feed_id,
        deliveries.content_sha256,
        deliveries.exported_at,
        deliveries.exported_date,
        deliveries.delivery_order,
        deliveries.history,
        {%- if coverage_dates %}
        case deliveries.coverage_column
            {%- for column, date in coverage_dates.items() %}
            when '{{ column }}' then {{ date }}
            {%- endfor %}
        end as covered_date
        {%- else %}
        cast(null as date) as covered_date
        {%- endif %}
    from {{ landed }} as landed
    inner join {{ deliveries }} as deliveries
        on
            landed.delivery_id = deliveries.delivery_id
            and landed.source_system = deliveries.source_system
    where deliveries.entity = '{{ entity }}'
{%- endmacro %}

{#- Join condition: both sides are of the same record (a null in its key is a value too). -#}
{% macro same_record(left, right, record) -%}
    {% for column in record -%}
        {{ 'and ' if not loop.first }}{{ left }}.{{ column }}
        is not distinct from {{ right }}.{{ column }}
    {% endfor %}
{%- endmacro %}

{#- True where the left version comes after the right one: version_order as a comparison. -#}
{% macro is_later_version(left, right) -%}
    (
        {{ left }}.exported_at > {{ right }}.exported_at
        or (
            {{ left }}.exported_at = {{ right }}.exported_at
            and (
                coalesce({{ left }}.source_updated_at, cast('0001-01-01' as timestamp))
                > coalesce({{ right }}.source_updated_at, cast('0001-01-01' as timestamp))
                or (
                    {{ left }}.source_updated_at is not distinct from {{ right }}.source_updated_at
                    and (
                        {{ left }}.content_sha256 > {{ right }}.content_sha256
                        or (
                            {{ left }}.content_sha256 = {{ right }}.content_sha256
                            and {{ left }}.source_row > {{ right }}.source_row
                        )
                    )
                )
            )
        )
    )
{%- endmacro %}

{#- The last thing each feed said of each record, and the delivery (its order) that took it back:
    null while the feed still asserts the record. Taken back by a later complete delivery without
    it, or by a later tombstone. -#}
{% macro last_assertions(versions, deliveries, entity, record) -%}
    {%- set record_of_feed = record + ['feed_system', 'feed_id'] -%}
    with ranked as (

        select
            versions.*,
            row_number() over (
                partition by {{ record_of_feed | join(', ') }}
                order by {{ version_order_desc() }}
            ) as pick
        from {{ versions }} as versions
        where not is_tombstone

    ),

    last_named as (

        select
            {{ record_of_feed | join(', ') }},
            max(delivery_order) as last_named_order
        from {{ versions }}
        where not is_tombstone
        group by {{ record_of_feed | join(', ') }}

    ),

    asserted as (

        select
            ranked.*,
            last_named.last_named_order
        from ranked
        inner join last_named on {{ same_record('ranked', 'last_named', record_of_feed) }}
        where ranked.pick = 1

    ),

    tombstones as (

        select * from {{ versions }}
        where is_tombstone

    ),

    tombstoned as (

        select
            asserted.record_key,
            asserted.delivery_id,
            asserted.source_sheet,
            asserted.source_row,
            min(tombstones.delivery_order) as tombstone_order
        from asserted
        inner join tombstones on {{ same_record('asserted', 'tombstones', record) }}
        where {{ is_later_version('tombstones', 'asserted') }}
        group by
            asserted.record_key, asserted.delivery_id, asserted.source_sheet, asserted.source_row

    ),

    deliveries as (

        select * from {{ deliveries }}
        where entity = '{{ entity }}'

    ),

    -- complete for a period: absence counts only for a record dated inside it
    missing_in_period as (

        select
            asserted.record_key,
            asserted.delivery_id,
            asserted.source_sheet,
            asserted.source_row,
            min(deliveries.delivery_order) as period_order
        from asserted
        inner join deliveries
            on
                asserted.feed_system = deliveries.source_system
                and asserted.feed_id = deliveries.feed_id
        where
            deliveries.coverage = 'full_within'
            and deliveries.is_read_whole
            and deliveries.delivery_order > asserted.last_named_order
            and asserted.covered_date between deliveries.covers_from and deliveries.covers_to
        group by
            asserted.record_key, asserted.delivery_id, asserted.source_sheet, asserted.source_row

    ),

    placed as (

        select
            asserted.*,
            least(
                tombstoned.tombstone_order,
                deliveries.next_full_order,
                missing_in_period.period_order
            ) as taken_back_order
        from asserted
        inner join deliveries on asserted.last_named_order = deliveries.delivery_order
        left join tombstoned on {{ same_row('asserted', 'tombstoned') }}
        left join missing_in_period on {{ same_row('asserted', 'missing_in_period') }}

    )

    select * from placed
{%- endmacro %}

{#- The landed rows that count: of each record the last version among the feeds that still hold it.
    A select of record_key, delivery_id, source_sheet, source_row; join it with same_row. -#}
{% macro current_versions(landed, deliveries, entity, coverage_dates={}) -%}
    with versions as (

        {{ landed_versions(landed, deliveries, entity, coverage_dates) | indent(8) }}

    ),

    assertions as (

        {{ last_assertions('versions', deliveries, entity, ['record_key']) | indent(8) }}

    ),

    ranked as (

        select
            record_key,
            delivery_id,
            source_sheet,
            source_row,
            row_number() over (
                partition by record_key
                order by {{ version_order_desc() }}
            ) as pick
        from assertions
        where taken_back_order is null

    )

    select * from ranked
    where pick = 1
{%- endmacro %}

{#- What became of every landed row of one entity. Equal neighbours in the order of versions are one
    statement, made by the first of them:
      unchanged   repeats the version before it
      current     the statement the staging model shows
      recomputed  a snapshot's statement that lives on as an earlier dated segment
      deleted     the last statement about a record the source deleted
      superseded  replaced by a later statement
    versions: SQL of landed_versions with said_hash beside. is_deleted: of a staging row that stays
    though the source deleted its record. is_ignored: of a version that no longer takes part. -#}
{% macro row_outcomes(
    versions, staging, entity, record=['record_key'], is_deleted='false', is_ignored='false'
) -%}
    with versions as (

        {{ versions | indent(8) }}

    ),

    numbered as (

        select
            versions.*,
            {{ is_ignored }} as is_ignored_version,
            row_number() over (
                partition by {{ record | join(', ') }}
                order by {{ version_order() }}
            ) as version_no,
            lag(said_hash) over (
                partition by {{ record | join(', ') }}
                order by {{ version_order() }}
            ) as said_before
        from versions

    ),

    stated as (

        select
            numbered.*,
            sum(case when said_hash = said_before then 0 else 1 end) over (
                partition by {{ record | join(', ') }}
                order by version_no nulls last
                rows between unbounded preceding and current row
            ) as statement_no
        from numbered

    ),

    shown as (

        select
            stated.*,
            staging.record_key is not null as is_shown,
            coalesce({{ is_deleted }}, false) as is_shown_deleted
        from stated
        left join {{ staging }} as staging on {{ same_row('stated', 'staging') }}

    ),

    statements as (

        select
            {{ record | join(', ') }},
            statement_no,
            -- made by the one row that does not repeat
            min(case when said_before is null or said_hash <> said_before then delivery_id end)
                as delivery_id,
            max(cast(is_ignored_version as int)) as is_ignored,
            max(cast(is_shown as int)) as is_shown,
            max(cast(is_shown_deleted as int)) as is_deleted
        from shown
        group by {{ record | join(', ') }}, statement_no

    ),

    statements_placed as (

        select
            statements.*,
            max(statement_no) over (partition by {{ record | join(', ') }}) as last_no,
            max(case when is_shown = 1 then statement_no end) over (
                partition by {{ record | join(', ') }}
            ) as last_shown_no
        from statements

    ),

    named as (

        select
            delivery_id,
            '{{ entity }}' as entity,
            case
                when is_deleted = 1 then 'deleted'
                when is_shown = 1 and statement_no = last_shown_no then 'current'
                when is_shown = 1 then 'recomputed'
                when is_ignored = 1 then 'superseded'
                when last_shown_no is null and statement_no = last_no then 'deleted'
                else 'superseded'
            end as outcome
        from statements_placed

        union all

        select
            delivery_id,
            '{{ entity }}' as entity,
            'unchanged' as outcome
        from shown
        where said_hash = said_before

    )

    select * from named
{%- endmacro %}

{#- One value for all a landed row says of its record: equal where two versions say the same. -#}
{% macro said_hash(columns) -%}
    {%- set quoted = [] -%}
    {%- for column in columns -%}
        {%- do quoted.append('landed.' ~ adapter.quote(column)) -%}
    {%- endfor -%}
    {{ hash_key(quoted) }}
{%- endmacro %}
