with succeeded as (

    select * from {{ ref('int_renewal_terms_succeeded') }}

),

-- effective dates up to as_of_date only: a renewal that begins tomorrow has not happened
judged as (

    select
        *,
        case
            when renewed_on = term_end_excl and renewed_on <= {{ as_of() }} then 'on_time'
            when ended_on_request_date <= {{ as_of() }} then 'lost'
            when renewed_on <= {{ as_of() }} then 'late'
            -- days since the last service day <= lapse_grace_days: still in grace (D7)
            when {{ add_days('term_end_excl', var('lapse_grace_days')) }} <= {{ as_of() }}
                then 'lost'
            else 'open'
        end as outcome
    from succeeded

),

decided as (

    select
        *,
        case
            when outcome in ('on_time', 'late') then renewed_on
            when outcome = 'lost' and ended_on_request_date <= {{ as_of() }}
                then ended_on_request_date
            when outcome = 'lost'
                then {{ add_days('term_end_excl', var('lapse_grace_days')) }}
        end as decided_on,
        case when outcome in ('on_time', 'late') then renewed_amount else 0 end as amount_renewed
    from judged

),

terms as (

    select
        term_key,
        customer_key,
        source_system,
        contract_id,
        term_start_date,
        {{ add_days('term_end_excl', -1) }} as term_end_date,
        {{ month_start(add_days('term_end_excl', -1)) }} as term_end_month,
        term_months,
        is_auto_renewing,
        notice_days,
        {{ add_days(add_days('term_end_excl', -1), '-cast(notice_days as int)') }}
            as notice_deadline_date,
        atr,
        cast(outcome as string) as outcome,
        cast(outcome = 'open' and term_end_excl <= {{ as_of() }} as boolean) as is_in_grace,
        cast(decided_on as date) as decided_on,
        cast(case when outcome in ('on_time', 'late') then renewed_on end as date) as renewed_on,
        {{ money('amount_renewed') }} as renewed_amount,
        {{ money('least(amount_renewed, atr)') }} as retained_amount,
        cast(
            case
                when outcome in ('on_time', 'late')
                    then {{ days_between('term_end_excl', 'renewed_on') }}
            end as bigint
        ) as uncovered_days,
        {{ policy_columns() }}
    from decided

)

select * from terms
