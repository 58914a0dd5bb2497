-- The terms of every contract line: from which day to which day the customer is bound, and what the
-- line is worth per year on the term's last service day. A line that runs on without an end renews
-- itself term by term. A price segment is not a term: a plan change inside a term opens none
-- (G-23).
{#- a term cut by its successor at most this close to its end was aligned, not replaced -#}
{%- set alignment_days = 31 %}
with staged as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

in_service as (

    select * from {{ ref('int_subscriptions_annualised') }}

),

month_numbers as (

    {{ month_spine("cast('2000-01-01' as date)", "cast('2059-12-01' as date)") }}  -- noqa: PRS

),

numbers as (

    select {{ months_between("cast('2000-01-01' as date)", 'month') }} as number
    from month_numbers

),

-- the length of a term: as stated, else the billing interval
segments_termed as (

    select
        segments.segment_key,
        segments.subscription_key,
        segments.customer_key,
        segments.source_system,
        segments.contract_id,
        segments.segment_start_date,
        segments.service_end_excl,
        segments.end_cause,
        segments.cancel_requested_date,
        staged.segment_end_excl as sent_end_excl,
        {{ add_days('staged.term_end_date', 1) }} as stated_end_excl,
        staged.notice_days,
        cast(staged.auto_renew as int) as auto_renew,
        cast(
            case
                when staged.term_months is not null then staged.term_months
                when staged.term_end_date is not null
                    then greatest(
                        1,
                        {{ months_between(
                            'segments.segment_start_date', add_days('staged.term_end_date', 1)) }}
                    )
                when segments.interval_unit = 'year' then 12 * segments.interval_count
                when segments.interval_unit = 'month' then segments.interval_count
                else 0
            end as int
        ) as term_months
    from segments
    inner join staged
        on
            segments.source_system = staged.source_system
            and segments.contract_id = staged.contract_id
            and segments.line_id = staged.line_id
            and segments.segment_start_date = staged.segment_start_date
    where not segments.is_trial and segments.gross_native > 0

),

segments_followed as (

    select
        *,
        lag(service_end_excl) over (
            partition by subscription_key order by segment_start_date nulls last
        ) as previous_end_excl,
        lag(term_months) over (
            partition by subscription_key order by segment_start_date nulls last
        ) as previous_term_months,
        lag(stated_end_excl) over (
            partition by subscription_key order by segment_start_date nulls last
        ) as previous_stated_end_excl
    from segments_termed

),

-- A new commitment: after a gap, with another stated end, with another length, or dated for a
-- whole term of its own. Everything else continues the one before.
commitments_marked as (

    select
        *,
        case
            when previous_end_excl is null or previous_end_excl < segment_start_date then 1
            when
                coalesce(stated_end_excl, cast('0001-01-01' as date))
                <> coalesce(previous_stated_end_excl, cast('0001-01-01' as date))
                then 1
            when stated_end_excl is not null then 0
            when term_months <> previous_term_months then 1
            when sent_end_excl >= {{ add_months('segment_start_date', 'term_months') }} then 1
            else 0
        end as is_first
    from segments_followed

),

commitments_numbered as (

    select
        *,
        sum(is_first) over (
            partition by subscription_key
            order by segment_start_date nulls last
            rows between unbounded preceding and current row
        ) as commitment_number
    from commitments_marked

),

commitments as (

    select
        subscription_key,
        commitment_number,
        source_system,
        contract_id,
        customer_key,
        min(segment_start_date) as committed_from,
        case when count(*) = count(service_end_excl) then max(service_end_excl) end
            as committed_end_excl,
        max(stated_end_excl) as stated_end_excl,
        cast(max(term_months) as int) as term_months,
        max(notice_days) as notice_days,
        max(auto_renew) as auto_renew
    from commitments_numbered
    group by subscription_key, commitment_number, source_system, contract_id, customer_key
    having max(term_months) >= {{ var('renewal_min_term_months') }}

),

commitments_anchored as (

    select
        *,
        case
            when stated_end_excl is null then committed_from
            else {{ add_months('stated_end_excl', '-term_months') }}
        end as anchor_date,
        coalesce(
            committed_from = lag(committed_end_excl) over (
                partition by subscription_key order by commitment_number nulls last
            ),
            false
        ) as is_continuing,
        coalesce(
            committed_end_excl = lead(committed_from) over (
                partition by subscription_key order by commitment_number nulls last
            ),
            false
        ) as is_continued
    from commitments

),

terms_nominal as (

    select
        commitments_anchored.*,
        numbers.number as term_number,
        case
            when numbers.number > 0 or (stated_end_excl is not null and is_continuing)
                then {{ add_months('anchor_date', 'numbers.number * term_months') }}
            else committed_from
        end as term_start_date,
        {{ add_months('anchor_date', '(numbers.number + 1) * term_months') }} as nominal_end_excl
    from commitments_anchored
    inner join numbers
        on
            numbers.number = 0
            or numbers.number * commitments_anchored.term_months
            <= {{ months_between('commitments_anchored.anchor_date', as_of()) }}

),

terms_ended as (

    select
        *,
        case
            when committed_end_excl is null or nominal_end_excl <= committed_end_excl
                then nominal_end_excl
            when not is_continued then committed_end_excl
            -- replaced inside its term by another commitment: nothing came up for renewal
            when {{ days_between('committed_end_excl', 'nominal_end_excl') }} > {{ alignment_days }}
                then null
            when stated_end_excl is not null then nominal_end_excl
            else committed_end_excl
        end as term_end_excl
    from terms_nominal
    where
        term_start_date <= {{ as_of() }}
        and (
            committed_end_excl is null
            or term_start_date < committed_end_excl
            or term_number = 0
        )

),

terms as (

    select * from terms_ended
    where term_end_excl > term_start_date

),

-- why the service ended on the term's last day, if it did by a request or in the source
last_segments as (

    select
        terms.subscription_key,
        terms.term_end_excl,
        max(
            case segments_termed.end_cause
                when 'cancelled' then segments_termed.cancel_requested_date
                when 'deleted' then segments_termed.service_end_excl
            end
        ) as ended_on_request_date
    from terms
    inner join segments_termed on terms.subscription_key = segments_termed.subscription_key
    where
        segments_termed.segment_start_date < terms.term_end_excl
        and segments_termed.service_end_excl >= terms.term_end_excl
    group by terms.subscription_key, terms.term_end_excl

),

last_values as (

    select
        terms.subscription_key,
        terms.term_end_excl,
        max(in_service.currency) as currency,
        sum(in_service.annual_native) as annual_native
    from terms
    inner join in_service on terms.subscription_key = in_service.subscription_key
    where
        in_service.piece_start_date < terms.term_end_excl
        and (
            in_service.in_service_end_excl is null
            or in_service.in_service_end_excl >= terms.term_end_excl
        )
    group by terms.subscription_key, terms.term_end_excl

),

dated as (

    select
        {{ hash_key(['terms.source_system', 'terms.contract_id', 'terms.term_end_excl']) }}
            as term_key,
        terms.subscription_key,
        terms.customer_key,
        terms.source_system,
        terms.contract_id,
        cast(terms.term_start_date as date) as term_start_date,
        cast(terms.term_end_excl as date) as term_end_excl,
        cast(terms.term_months as bigint) as term_months,
        cast(terms.notice_days as bigint) as notice_days,
        cast(terms.auto_renew as int) as auto_renew,
        cast(last_segments.ended_on_request_date as date) as ended_on_request_date,
        {{ money('last_values.annual_native') }} as annual_native,
        last_values.currency
    from terms
    inner join last_values
        on
            terms.subscription_key = last_values.subscription_key
            and terms.term_end_excl = last_values.term_end_excl
    left join last_segments
        on
            terms.subscription_key = last_segments.subscription_key
            and terms.term_end_excl = last_segments.term_end_excl

)

select * from dated
