-- Contract lines as dated price segments, in the version that counts. Unlike other entities:
-- snapshots are turned into segments, and contracts the source deleted stay, with the date.
with landed as (

    select * from {{ source('landed', 'billing__subscriptions') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}
    where entity = 'billing.subscriptions'

),

versions as (

    select * from {{ ref('stg_billing__subscription_versions') }}
    where not is_other_history

),

assertions as (

    {{
        last_assertions(
            'versions',
            ref('stg_control__deliveries'),
            'billing.subscriptions',
            ['source_system', 'contract_id', 'line_id', 'record_start_date'],
        ) | indent(4)
    }}

),

-- A contract is held while any feed still asserts any row of it; else the delivery that took back
-- its last row is its deletion.
contracts as (

    select
        source_system,
        contract_id,
        max(case when taken_back_order is null then 1 else 0 end) as is_held,
        max(taken_back_order) as last_taken_back_order
    from assertions
    group by source_system, contract_id

),

contracts_dated as (

    select
        contracts.source_system,
        contracts.contract_id,
        contracts.is_held,
        contracts.last_taken_back_order,
        case when contracts.is_held = 0 then deliveries.exported_date end as deleted_in_source_date
    from contracts
    left join deliveries on contracts.last_taken_back_order = deliveries.delivery_order

),

-- Dated segments: one that disappears while its contract stays was a correction and is dropped; of
-- a deleted contract the rows that stood to the end are kept.
segments_ranked as (

    select
        assertions.record_key,
        assertions.delivery_id,
        assertions.source_sheet,
        assertions.source_row,
        assertions.segment_start_date,
        assertions.segment_end_excl,
        contracts_dated.deleted_in_source_date,
        row_number() over (
            partition by
                assertions.source_system, assertions.contract_id, assertions.line_id,
                assertions.record_start_date
            order by {{ version_order_desc() }}
        ) as pick
    from assertions
    inner join contracts_dated
        on
            assertions.source_system = contracts_dated.source_system
            and assertions.contract_id = contracts_dated.contract_id
    where
        not assertions.is_snapshot
        and (
            assertions.taken_back_order is null
            or (
                contracts_dated.is_held = 0
                and assertions.taken_back_order = contracts_dated.last_taken_back_order
            )
        )

),

-- Snapshots, step 1: one state of a line per export time; another of that time corrects it.
states_ranked as (

    select
        versions.*,
        row_number() over (
            partition by source_system, contract_id, line_id, exported_at
            order by {{ version_order_desc() }}
        ) as pick
    from versions
    where is_snapshot and not is_tombstone

),

states_compared as (

    select
        states_ranked.*,
        lag(segment_start_date) over (
            partition by source_system, contract_id, line_id order by exported_at nulls last
        ) as start_before,
        lag(terms_hash) over (
            partition by source_system, contract_id, line_id order by exported_at nulls last
        ) as terms_before,
        lag(said_hash) over (
            partition by source_system, contract_id, line_id order by exported_at nulls last
        ) as said_before
    from states_ranked
    where pick = 1

),

-- Step 2: the row's own change date opens a segment there; new terms without a new date open one on
-- the day of the export, so that a new price never rewrites the past; anything else updates the
-- running segment.
states_opened as (

    select
        states_compared.*,
        case
            when start_before is null or segment_start_date <> start_before then segment_start_date
            when terms_hash <> terms_before then greatest(exported_date, segment_start_date)
        end as opening_date,
        case
            when start_before is null or segment_start_date <> start_before then 1
            else 0
        end as is_new_start
    from states_compared
    -- most snapshots say again what the one before said
    where said_before is null or said_hash <> said_before

),

states_grouped as (

    select
        states_opened.*,
        sum(case when opening_date is null then 0 else 1 end) over (
            partition by source_system, contract_id, line_id
            order by exported_at nulls last
            rows between unbounded preceding and current row
        ) as segment_no,
        sum(is_new_start) over (
            partition by source_system, contract_id, line_id
            order by exported_at nulls last
            rows between unbounded preceding and current row
        ) as start_no
    from states_opened

),

-- Step 3: a segment is what its last state says; its end is what was last said of its start date.
states_closed as (

    select
        states_grouped.*,
        max(opening_date) over (
            partition by source_system, contract_id, line_id, segment_no
        ) as opened_date,
        first_value(segment_end_excl) over (
            partition by source_system, contract_id, line_id, start_no
            order by exported_at desc nulls last
            rows between unbounded preceding and unbounded following
        ) as stated_end_excl,
        row_number() over (
            partition by source_system, contract_id, line_id, segment_no
            order by exported_at desc nulls last
        ) as segment_pick
    from states_grouped

),

-- A later segment takes over from its own first day: what began on or after it no longer holds.
snapshot_segments as (

    select
        states_closed.*,
        min(opened_date) over (
            partition by source_system, contract_id, line_id
            order by segment_no nulls last
            rows between 1 following and unbounded following
        ) as next_opened_date
    from states_closed
    where segment_pick = 1

),

-- A line missing from a later snapshot ended by then, while its contract goes on.
lines as (

    select
        source_system,
        contract_id,
        line_id,
        max(case when taken_back_order is null then 1 else 0 end) as is_held,
        max(taken_back_order) as last_taken_back_order
    from assertions
    where is_snapshot
    group by source_system, contract_id, line_id

),

lines_dated as (

    select
        lines.source_system,
        lines.contract_id,
        lines.line_id,
        contracts_dated.deleted_in_source_date,
        case
            when
                lines.is_held = 0
                and (
                    contracts_dated.is_held = 1
                    or lines.last_taken_back_order < contracts_dated.last_taken_back_order
                )
                then deliveries.exported_date
        end as missing_date
    from lines
    inner join contracts_dated
        on
            lines.source_system = contracts_dated.source_system
            and lines.contract_id = contracts_dated.contract_id
    left join deliveries on lines.last_taken_back_order = deliveries.delivery_order

),

snapshot_segments_bounded as (

    select
        snapshot_segments.record_key,
        snapshot_segments.delivery_id,
        snapshot_segments.source_sheet,
        snapshot_segments.source_row,
        snapshot_segments.opened_date as segment_start_date,
        least(
            snapshot_segments.stated_end_excl,
            snapshot_segments.next_opened_date,
            lines_dated.missing_date
        ) as segment_end_excl,
        lines_dated.deleted_in_source_date
    from snapshot_segments
    inner join lines_dated
        on
            snapshot_segments.source_system = lines_dated.source_system
            and snapshot_segments.contract_id = lines_dated.contract_id
            and snapshot_segments.line_id = lines_dated.line_id
    where
        snapshot_segments.next_opened_date is null
        or snapshot_segments.opened_date < snapshot_segments.next_opened_date

),

segments as (

    select
        record_key,
        delivery_id,
        source_sheet,
        source_row,
        segment_start_date,
        segment_end_excl,
        deleted_in_source_date
    from segments_ranked
    where pick = 1

    union all

    select
        record_key,
        delivery_id,
        source_sheet,
        source_row,
        segment_start_date,
        segment_end_excl,
        deleted_in_source_date
    from snapshot_segments_bounded
    -- new terms of a line that had ended by the day they were seen never applied
    where
        segment_end_excl is null
        or segment_start_date < segment_end_excl

),

typed as (

    select
        cast(landed.contract_id as string) as contract_id,
        cast(landed.line_id as string) as line_id,
        cast(segments.segment_start_date as date) as segment_start_date,
        cast(segments.segment_end_excl as date) as segment_end_excl,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.plan_id as string) as plan_id,
        cast(landed.quantity as decimal(18, 6)) as quantity,
        cast(landed.unit_price_native as decimal(18, 6)) as unit_price_native,
        cast(landed.price_includes_tax as boolean) as price_includes_tax,
        cast(landed.tax_rate as decimal(18, 6)) as tax_rate,
        cast(landed.currency as string) as currency,
        cast(landed.interval_unit as string) as interval_unit,
        cast(landed.interval_count as bigint) as interval_count,
        cast(landed.is_trial as boolean) as is_trial,
        cast(landed.committed_minimum_native as decimal(18, 6)) as committed_minimum_native,
        cast(landed.term_months as bigint) as term_months,
        cast(landed.term_end_date as date) as term_end_date,
        cast(landed.notice_days as bigint) as notice_days,
        cast(landed.auto_renew as boolean) as auto_renew,
        cast(landed.status as string) as status,
        cast(landed.campaign_id as string) as campaign_id,
        cast(landed.extra as string) as extra,
        cast(landed.source_system as string) as source_system,
        cast(landed.delivery_id as string) as delivery_id,
        cast(landed.source_sheet as string) as source_sheet,
        cast(landed.source_row as bigint) as source_row,
        cast(landed.source_updated_at as timestamp) as source_updated_at,
        cast(landed.record_key as string) as record_key,
        cast(segments.deleted_in_source_date as date) as deleted_in_source_date
    from landed
    inner join segments on {{ same_row('landed', 'segments') }}

)

select * from typed
