{%- set margin = var('gross_margin_rate') %}
with kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

ltv as (

    select * from {{ ref('mart_ltv') }}
    where segment = 'all'

),

campaign_costs as (

    select * from {{ ref('stg_crm__campaign_costs') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

-- a cost without a rate makes the month's cost null, and never_null stops the publish
costs as (

    select
        {{ month_start('campaign_costs.month') }} as month,
        {%- for purpose in ['acquisition', 'retention'] %}
        sum(
            case
                when campaign_costs.purpose = '{{ purpose }}'
                    then {{ times('campaign_costs.cost_native', 'rates.rate') }}
                else 0
            end
        ) as {{ purpose }}_cost,
        {%- endfor %}
        max(case when rates.rate is null then 1 else 0 end) as is_rate_missing
    from campaign_costs
    left join rates
        on
            {{ month_start('campaign_costs.month') }} = rates.month
            and campaign_costs.currency = rates.currency
    group by {{ month_start('campaign_costs.month') }}

),

joined as (

    select
        kpis.month,
        {%- for purpose in ['acquisition', 'retention'] %}
        {{ total(
            'case when costs.is_rate_missing = 1 then null else coalesce(costs.' ~ purpose ~ '_cost, 0) end'
        ) }} as {{ purpose }}_cost,
        {%- endfor %}
        kpis.new_customer_count,
        kpis.new_mrr,
        kpis.begin_customer_count - kpis.churned_customer_count as retained_customer_count,
        ltv.ltv_expected,
        ltv.ltv_expected_null_reason
    from kpis
    left join costs on kpis.month = costs.month
    left join ltv on kpis.month = ltv.month

),

-- a month without any cost delivered has no cost per customer rather than one of 0
economics as (

    select
        month,
        acquisition_cost,
        retention_cost,
        cast(new_customer_count as bigint) as new_customer_count,
        {{ total('new_mrr') }} as new_mrr,
        cast(retained_customer_count as bigint) as retained_customer_count,
        {{ divide('nullif(acquisition_cost, 0)', 'new_customer_count') }} as cac,
        cast(
            case
                when new_customer_count = 0 then 'no_new_customer'
                when acquisition_cost = 0 then 'no_acquisition_cost'
            end as string
        ) as cac_null_reason,
        {{ divide('new_mrr', 'new_customer_count') }} as asp,
        cast(case when new_customer_count = 0 then 'no_new_customer' end as string)
            as asp_null_reason,
        -- CAC / (ASP x margin), the new customers cancelled out
        {{ divide(
            'nullif(acquisition_cost, 0)',
            'cast(new_mrr * cast(' ~ margin ~ ' as decimal(8, 6)) as decimal(28, 6))'
        ) }} as payback_months,
        cast(
            case
                when new_customer_count = 0 then 'no_new_customer'
                when acquisition_cost = 0 then 'no_acquisition_cost'
                when new_mrr * {{ margin }} = 0 then 'no_margin'
            end as string
        ) as payback_months_null_reason,
        ltv_expected,
        {{ divide('ltv_expected * cast(nullif(new_customer_count, 0) as decimal(10, 0))', 'acquisition_cost') }}
            as ltv_cac_ratio,
        cast(
            case
                when new_customer_count = 0 then 'no_new_customer'
                when acquisition_cost = 0 then 'no_acquisition_cost'
                else ltv_expected_null_reason
            end as string
        ) as ltv_cac_ratio_null_reason,
        cast(ltv_expected_null_reason as string) as ltv_expected_null_reason,
        {{ divide('nullif(retention_cost, 0)', 'retained_customer_count') }}
            as retention_cost_per_customer,
        cast(
            case
                when retained_customer_count = 0 then 'no_retained_customer'
                when retention_cost = 0 then 'no_retention_cost'
            end as string
        ) as retention_cost_per_customer_null_reason,
        {{ divide(
            'nullif(acquisition_cost, 0) * cast(nullif(retained_customer_count, 0) as decimal(10, 0))',
            'retention_cost * cast(new_customer_count as decimal(10, 0))'
        ) }} as one_to_five_ratio,
        cast(
            case
                when new_customer_count = 0 then 'no_new_customer'
                when acquisition_cost = 0 then 'no_acquisition_cost'
                when retained_customer_count = 0 then 'no_retained_customer'
                when retention_cost = 0 then 'no_retention_cost'
            end as string
        ) as one_to_five_ratio_null_reason,
        {{ policy_columns() }}
    from joined

)

select * from economics
