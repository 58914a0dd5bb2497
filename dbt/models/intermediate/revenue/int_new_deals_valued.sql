-- Deals of new business as they stood at as_of_date, and what the contract of a won one began with.
-- Both amounts at the rate of the last complete month: their ratio is not the currency's doing.
with deals as (

    select * from {{ ref('stg_crm__deals') }}
    where deal_type = 'new'

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}
    where piece_state = 'active' and mrr_native > 0

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

months as (

    select distinct last_completed_month from {{ ref('int_months_bounded') }}

),

rates_now as (

    select
        rates.currency,
        rates.rate
    from rates
    inner join months on rates.month = months.last_completed_month

),

contract_starts as (

    select
        contract_id,
        min(first_month) as first_month
    from pieces
    group by contract_id

),

-- a number used by two systems is read as one contract: deals do not say which
contract_values as (

    select
        pieces.contract_id,
        sum({{ times('pieces.mrr_native', 'rates_now.rate') }}) as first_mrr
    from pieces
    inner join contract_starts
        on
            pieces.contract_id = contract_starts.contract_id
            and pieces.first_month = contract_starts.first_month
    inner join rates_now on pieces.currency = rates_now.currency
    group by pieces.contract_id

),

stood as (

    select
        deals.*,
        case
            when deals.outcome in ('won', 'lost') and deals.closed_date <= {{ as_of() }}
                then deals.outcome
            else 'open'
        end as deal_outcome,
        case
            when deals.currency = '{{ var("reporting_currency") }}'
                then cast(1 as decimal(18, 6))
            else rates_now.rate
        end as rate
    from deals
    left join rates_now on deals.currency = rates_now.currency

),

valued as (

    select
        stood.source_system,
        stood.deal_id,
        stood.stage,
        cast(stood.deal_outcome as string) as deal_outcome,
        stood.expected_close_date,
        cast(case when stood.deal_outcome <> 'open' then stood.closed_date end as date)
            as closed_date,
        {{ times('stood.amount_native', 'stood.rate') }} as amount,
        {{ money("case when stood.deal_outcome = 'won' then contract_values.first_mrr end") }}
            as brought_mrr
    from stood
    left join contract_values on stood.contract_id = contract_values.contract_id

)

select * from valued
