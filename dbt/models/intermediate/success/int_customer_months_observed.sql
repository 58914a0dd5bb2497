-- The paying customers at the last 24 month-ends and on as_of_date, with what they pay for: the
-- bounded customer x day list that health, its history and the voice of the customer are read from.
{%- set history_months = 24 %}
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

edges as (

    select
        min(month) as first_month,
        max(month) as last_month
    from months

),

observations as (

    select
        month_end as observed_date,
        month as rate_month
    from months
    where month > {{ add_months('last_completed_month', -history_months) }}
    union
    select
        {{ as_of() }} as observed_date,
        least(greatest({{ month_start(as_of()) }}, first_month), last_month) as rate_month
    from edges

),

paying as (

    select
        observations.observed_date,
        observations.rate_month,
        pieces.customer_key,
        pieces.subscription_key,
        pieces.source_system,
        pieces.plan_id,
        pieces.piece_state,
        pieces.quantity,
        case
            when pieces.currency = '{{ var("reporting_currency") }}' then pieces.mrr_native
            else {{ times('pieces.mrr_native', 'rates.rate') }}
        end as mrr
    from pieces
    inner join observations
        on
            pieces.piece_start_date <= observations.observed_date
            and (
                pieces.piece_end_excl is null
                or observations.observed_date < pieces.piece_end_excl
            )
    left join rates
        on observations.rate_month = rates.month and pieces.currency = rates.currency
    where pieces.mrr_native > 0

),

-- the plan that carries most of the money; an add-on is nobody's plan
plans_ranked as (

    select
        paying.*,
        plans.name as plan_name,
        plans.product,
        plans.plan_rank,
        sum(paying.mrr) over (partition by paying.customer_key, paying.observed_date)
            as customer_mrr,
        max(case when paying.piece_state = 'grace' then 1 else 0 end) over (
            partition by paying.customer_key, paying.observed_date
        ) as is_in_grace,
        row_number() over (
            partition by paying.customer_key, paying.observed_date
            order by
                case when plans.is_addon then 1 else 0 end nulls last,
                paying.mrr desc nulls last,
                paying.subscription_key nulls last
        ) as pick
    from paying
    left join plans
        on paying.source_system = plans.source_system and paying.plan_id = plans.plan_id

),

observed as (

    select
        customer_key,
        cast(observed_date as date) as observed_date,
        {{ month_start('observed_date') }} as observed_month,
        cast(observed_date = {{ as_of() }} as boolean) as is_current,
        {{ money('customer_mrr') }} as mrr,
        cast(is_in_grace = 1 as boolean) as is_in_grace,
        cast(source_system as string) as source_system,
        cast(plan_id as string) as plan_id,
        cast(coalesce(plan_name, plan_id) as string) as plan_name,
        cast(product as string) as product,
        cast(plan_rank as bigint) as plan_rank,
        cast(quantity as decimal(18, 6)) as seats
    from plans_ranked
    where pick = 1

)

select * from observed
