-- What a contract's term was worth and what followed it: the same contract, or a contract of the
-- same customer that began when this one had ended. Only what begins within the lapse grace renews;
-- later it is a return (D7, G-23). Both amounts at the rate of the term's last month, so that the
-- currency never looks like growth.
with line_terms as (

    select * from {{ ref('int_subscription_terms_dated') }}

),

in_service as (

    select * from {{ ref('int_subscriptions_annualised') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

edges as (

    select
        min(month) as first_month,
        max(month) as last_month
    from months

),

terms as (

    select
        term_key,
        source_system,
        contract_id,
        term_end_excl,
        min(customer_key) as customer_key,
        min(term_start_date) as term_start_date,
        max(term_months) as term_months,
        max(notice_days) as notice_days,
        max(auto_renew) as auto_renew,
        -- a line that goes on keeps the contract in play
        case
            when count(*) = count(ended_on_request_date) then max(ended_on_request_date)
        end as ended_on_request_date
    from line_terms
    group by term_key, source_system, contract_id, term_end_excl

),

lines_started as (

    select
        subscription_key,
        source_system,
        contract_id,
        customer_key,
        min(segment_start_date) as line_start_date
    from in_service
    group by subscription_key, source_system, contract_id, customer_key

),

contracts_started as (

    select
        source_system,
        contract_id,
        customer_key,
        min(line_start_date) as contract_start_date
    from lines_started
    group by source_system, contract_id, customer_key

),

-- the term's own lines, and lines the contract got later
own_lines as (

    select
        term_key,
        subscription_key,
        term_end_excl
    from line_terms
    union
    select
        terms.term_key,
        lines_started.subscription_key,
        terms.term_end_excl
    from terms
    inner join lines_started
        on
            terms.source_system = lines_started.source_system
            and terms.contract_id = lines_started.contract_id
    where
        lines_started.line_start_date >= terms.term_end_excl
        and lines_started.line_start_date
        <= {{ add_days('terms.term_end_excl', var('lapse_grace_days')) }}

),

own_renewals as (

    select
        own_lines.term_key,
        min(greatest(in_service.piece_start_date, own_lines.term_end_excl)) as renewed_on
    from own_lines
    inner join in_service on own_lines.subscription_key = in_service.subscription_key
    where
        (
            in_service.in_service_end_excl is null
            or in_service.in_service_end_excl > own_lines.term_end_excl
        )
        and in_service.piece_start_date
        <= {{ add_days('own_lines.term_end_excl', var('lapse_grace_days')) }}
    group by own_lines.term_key

),

other_candidates as (

    select
        terms.term_key,
        terms.term_end_excl,
        contracts_started.source_system,
        contracts_started.contract_id,
        contracts_started.contract_start_date as renewed_on,
        row_number() over (
            partition by terms.term_key
            order by
                contracts_started.contract_start_date nulls last,
                contracts_started.source_system nulls last,
                contracts_started.contract_id nulls last
        ) as pick
    from terms
    inner join contracts_started on terms.customer_key = contracts_started.customer_key
    left join own_renewals on terms.term_key = own_renewals.term_key
    where
        own_renewals.term_key is null
        and contracts_started.contract_start_date >= terms.term_end_excl
        and contracts_started.contract_start_date
        <= {{ add_days('terms.term_end_excl', var('lapse_grace_days')) }}

),

-- a new contract renews one old one: the one that ended last
other_renewals as (

    select
        *,
        row_number() over (
            partition by source_system, contract_id
            order by term_end_excl desc nulls last, term_key nulls last
        ) as pick_of_contract
    from other_candidates
    where pick = 1

),

renewals as (

    select
        term_key,
        renewed_on
    from own_renewals
    union all
    select
        term_key,
        renewed_on
    from other_renewals
    where pick_of_contract = 1

),

renewing_lines as (

    select
        term_key,
        subscription_key
    from own_lines
    union
    select
        other_renewals.term_key,
        lines_started.subscription_key
    from other_renewals
    inner join lines_started
        on
            other_renewals.source_system = lines_started.source_system
            and other_renewals.contract_id = lines_started.contract_id
    where other_renewals.pick_of_contract = 1

),

amounts as (

    select
        term_key,
        currency,
        annual_native as atr_native,
        cast(0 as decimal(18, 6)) as renewed_native
    from line_terms
    union all
    select
        renewals.term_key,
        in_service.currency,
        cast(0 as decimal(18, 6)) as atr_native,
        in_service.annual_native as renewed_native
    from renewals
    inner join renewing_lines on renewals.term_key = renewing_lines.term_key
    inner join in_service on renewing_lines.subscription_key = in_service.subscription_key
    where
        in_service.piece_start_date <= renewals.renewed_on
        and (
            in_service.in_service_end_excl is null
            or renewals.renewed_on < in_service.in_service_end_excl
        )

),

amounts_dated as (

    select
        amounts.*,
        -- a term that ends outside the months shown takes the nearest month's rate
        least(
            greatest(
                {{ month_start(add_days('terms.term_end_excl', -1)) }}, edges.first_month
            ),
            edges.last_month
        ) as rate_month
    from amounts
    inner join terms on amounts.term_key = terms.term_key
    cross join edges

),

amounts_converted as (

    select
        amounts_dated.term_key,
        case
            when amounts_dated.currency = '{{ var("reporting_currency") }}'
                then amounts_dated.atr_native
            else {{ times('amounts_dated.atr_native', 'rates.rate') }}
        end as atr,
        case
            when amounts_dated.currency = '{{ var("reporting_currency") }}'
                then amounts_dated.renewed_native
            else {{ times('amounts_dated.renewed_native', 'rates.rate') }}
        end as renewed_amount
    from amounts_dated
    left join rates
        on amounts_dated.rate_month = rates.month and amounts_dated.currency = rates.currency

),

amounts_summed as (

    select
        term_key,
        -- a foreign amount without a rate is missing, never 0
        case when count(*) = count(atr) then sum(atr) end as atr,
        case when count(*) = count(renewed_amount) then sum(renewed_amount) end as renewed_amount
    from amounts_converted
    group by term_key

),

succeeded as (

    select
        terms.term_key,
        terms.customer_key,
        terms.source_system,
        terms.contract_id,
        cast(terms.term_start_date as date) as term_start_date,
        cast(terms.term_end_excl as date) as term_end_excl,
        cast(terms.term_months as bigint) as term_months,
        cast(terms.notice_days as bigint) as notice_days,
        cast(terms.auto_renew = 1 as boolean) as is_auto_renewing,
        cast(terms.ended_on_request_date as date) as ended_on_request_date,
        {{ money('amounts_summed.atr') }} as atr,
        cast(renewals.renewed_on as date) as renewed_on,
        {{ money('amounts_summed.renewed_amount') }} as renewed_amount
    from terms
    inner join amounts_summed on terms.term_key = amounts_summed.term_key
    left join renewals on terms.term_key = renewals.term_key

)

select * from succeeded
