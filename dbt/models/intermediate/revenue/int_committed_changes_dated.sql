-- What was already decided at a month-end and had not happened yet (G-08): ends with a cancel
-- request, the next signed price of a running line, contracts signed and not started. Each month
-- uses only what was on record by its last day; a request withdrawn later still stood then.
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

cancel_requests as (

    select * from {{ ref('stg_billing__cancel_requests') }}

),

versions as (

    select * from {{ ref('stg_billing__subscription_versions') }}

),

deals as (

    select * from {{ ref('stg_crm__deals') }}

),

requests as (

    select
        source_system,
        contract_id,
        {{ local_date('requested_at') }} as requested_date,
        {{ local_date('withdrawn_at') }} as withdrawn_date,
        cast(effective_date as date) as effective_date
    from cancel_requests

),

requests_standing as (

    select
        months.month,
        requests.source_system,
        requests.contract_id,
        requests.requested_date,
        requests.effective_date
    from requests
    inner join months
        on
            requests.requested_date <= months.month_end
            and (requests.withdrawn_date is null or requests.withdrawn_date > months.month_end)

),

-- lines that pay at the month-end and whose contract somebody has asked to end
lines_ending as (

    select
        requests_standing.month,
        pieces.subscription_key,
        max(coalesce(requests_standing.effective_date, pieces.service_end_excl))
            as ends_on
    from requests_standing
    inner join pieces
        on
            requests_standing.source_system = pieces.source_system
            and requests_standing.contract_id = pieces.contract_id
            and pieces.first_month <= requests_standing.month
            and (
                pieces.last_month_excl is null
                or pieces.last_month_excl > requests_standing.month
            )
    where
        pieces.mrr_native > 0
        -- a request for an earlier life of the contract says nothing about this one
        and coalesce(requests_standing.effective_date, requests_standing.requested_date)
        >= pieces.segment_start_date
        -- without a day nothing is scheduled
        and (
            requests_standing.effective_date is not null or pieces.service_end_excl is not null
        )
    group by requests_standing.month, pieces.subscription_key

),

first_exports as (

    select
        source_system,
        contract_id,
        line_id,
        segment_start_date,
        min(exported_date) as exported_date
    from versions
    where not is_tombstone
    group by source_system, contract_id, line_id, segment_start_date

),

signatures as (

    select
        contract_id,
        min(closed_date) as signed_date
    from deals
    where outcome = 'won' and contract_id is not null
    group by contract_id

),

-- the first piece of each price segment, and the day it was first on record: the first export that
-- held it, or the day the deal of a contract's first segment was won
segments as (

    select
        pieces.subscription_key,
        pieces.customer_key,
        pieces.source_system,
        pieces.contract_id,
        pieces.line_id,
        pieces.currency,
        pieces.segment_start_date,
        pieces.full_mrr_native,
        least(
            first_exports.exported_date,
            case
                when
                    pieces.segment_start_date
                    = min(pieces.segment_start_date) over (
                        partition by pieces.source_system, pieces.contract_id
                    )
                    then signatures.signed_date
            end
        ) as recorded_date
    from pieces
    left join first_exports
        on
            pieces.source_system = first_exports.source_system
            and pieces.contract_id = first_exports.contract_id
            and pieces.line_id = first_exports.line_id
            and pieces.segment_start_date = first_exports.segment_start_date
    left join signatures on pieces.contract_id = signatures.contract_id
    where
        pieces.piece_start_date = pieces.segment_start_date
        and pieces.piece_state = 'active'

),

-- the next one only: a later step of the same line follows from it
segments_signed as (

    select
        months.month,
        segments.*,
        row_number() over (
            partition by months.month, segments.subscription_key
            order by segments.segment_start_date nulls last
        ) as pick
    from segments
    inner join months
        on
            segments.recorded_date <= months.month_end
            and segments.segment_start_date > months.month_end
    left join lines_ending
        on
            months.month = lines_ending.month
            and segments.subscription_key = lines_ending.subscription_key
    where lines_ending.ends_on is null or segments.segment_start_date > lines_ending.ends_on

),

-- what a line pays at the month-end, only where something is scheduled for it
lines_scheduled as (

    select
        month,
        subscription_key
    from lines_ending
    union
    select
        month,
        subscription_key
    from segments_signed
    where pick = 1

),

lines_now as (

    select
        lines_scheduled.month,
        lines_scheduled.subscription_key,
        max(pieces.customer_key) as customer_key,
        max(pieces.source_system) as source_system,
        max(pieces.contract_id) as contract_id,
        max(pieces.line_id) as line_id,
        sum({{ times('pieces.mrr_native', 'rates.rate') }}) as mrr,
        max(case when pieces.piece_state = 'trial' then 1 else 0 end) as is_on_trial
    from lines_scheduled
    inner join pieces
        on
            lines_scheduled.subscription_key = pieces.subscription_key
            and pieces.first_month <= lines_scheduled.month
            and (
                pieces.last_month_excl is null
                or pieces.last_month_excl > lines_scheduled.month
            )
    left join rates on lines_scheduled.month = rates.month and pieces.currency = rates.currency
    group by lines_scheduled.month, lines_scheduled.subscription_key

),

changes as (

    select
        lines_now.month,
        lines_now.subscription_key,
        lines_now.customer_key,
        lines_now.source_system,
        lines_now.contract_id,
        lines_now.line_id,
        'scheduled_end' as commitment,
        lines_ending.ends_on as effective_date,
        -lines_now.mrr as mrr_change
    from lines_ending
    inner join lines_now
        on
            lines_ending.month = lines_now.month
            and lines_ending.subscription_key = lines_now.subscription_key
    union all
    select
        segments_signed.month,
        segments_signed.subscription_key,
        segments_signed.customer_key,
        segments_signed.source_system,
        segments_signed.contract_id,
        segments_signed.line_id,
        case
            when lines_ending.ends_on is not null or coalesce(lines_now.mrr, 0) = 0
                then 'signed_new'
            when {{ times('segments_signed.full_mrr_native', 'rates.rate') }} > lines_now.mrr
                then 'signed_expansion'
            else 'scheduled_contraction'
        end as commitment,
        segments_signed.segment_start_date as effective_date,
        {{ times('segments_signed.full_mrr_native', 'rates.rate') }}
        - case
            when lines_ending.ends_on is null then coalesce(lines_now.mrr, 0) else 0
        end as mrr_change
    from segments_signed
    inner join rates
        on
            segments_signed.month = rates.month
            and segments_signed.currency = rates.currency
    left join lines_ending
        on
            segments_signed.month = lines_ending.month
            and segments_signed.subscription_key = lines_ending.subscription_key
    left join lines_now
        on
            segments_signed.month = lines_now.month
            and segments_signed.subscription_key = lines_now.subscription_key
    where
        segments_signed.pick = 1
        -- a free trial is no signature
        and coalesce(lines_now.is_on_trial, 0) = 0

),

dated as (

    select
        month,
        cast(subscription_key as string) as subscription_key,
        cast(customer_key as string) as customer_key,
        cast(source_system as string) as source_system,
        cast(contract_id as string) as contract_id,
        cast(line_id as string) as line_id,
        cast(commitment as string) as commitment,
        cast(effective_date as date) as effective_date,
        {{ money('mrr_change') }} as mrr_change
    from changes
    where mrr_change <> 0

)

select * from dated
