-- What each campaign cost per month to win customers, in reporting currency. A foreign cost
-- without a rate makes its month null, and the publish stops, rather than a campaign look cheap.
with costs as (

    select * from {{ ref('stg_crm__campaign_costs') }}
    where purpose = 'acquisition'

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

converted as (

    select
        costs.campaign_id,
        months.month,
        {{ times('costs.cost_native', 'rates.rate') }} as cost,
        case when rates.rate is null then 1 else 0 end as is_rate_missing
    from costs
    inner join months on {{ month_start('costs.month') }} = months.month
    left join rates on months.month = rates.month and costs.currency = rates.currency

),

summed as (

    select
        cast(campaign_id as string) as campaign_id,
        cast(month as date) as month,
        {{ total('case when max(is_rate_missing) = 0 then sum(cost) end') }} as acquisition_cost
    from converted
    group by campaign_id, month

)

select * from summed
