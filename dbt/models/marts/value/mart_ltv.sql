{%- set margin = var('gross_margin_rate') %}
{%- set churn_months = var('churn_avg_months') | int %}
with kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

revenue as (

    select * from {{ ref('int_customer_revenue_monthly') }}

),

survival as (

    select * from {{ ref('int_survival_estimated') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

-- in millionths, so that six decimals of a small rate are not all there is
rated as (

    select
        month,
        arpa,
        customer_count,
        {{ divide('logo_churn_rate_numerator * 1000000', 'logo_churn_rate_denominator') }}
            as churn_millionths
    from kpis

),

churned as (

    select
        month,
        arpa,
        customer_count,
        sum(churn_millionths) over (
            order by month nulls last rows between {{ churn_months - 1 }} preceding and current row
        ) as churn_millionths,
        count(churn_millionths) over (
            order by month nulls last rows between {{ churn_months - 1 }} preceding and current row
        ) as churn_month_count
    from rated

),

first_billed as (

    select
        customer_key,
        min(month) as month
    from revenue
    group by customer_key

),

billed as (

    select
        month,
        sum(net_revenue) as net_revenue,
        0 as customer_count
    from revenue
    group by month
    union all
    select
        month,
        0 as net_revenue,
        count(*) as customer_count
    from first_billed
    group by month

),

billed_to_date as (

    select
        months.month,
        sum(billed.net_revenue) as net_revenue,
        sum(billed.customer_count) as customer_count
    from months
    inner join billed on billed.month <= months.month
    group by months.month

),

survived as (

    select
        month,
        sum({{ times('arpa', 'survival_rate') }}) as revenue_expected,
        sum(
            case
                when is_extrapolated
                    then {{ times('arpa', 'survival_rate') }}
                else 0
            end
        ) as revenue_extrapolated
    from survival
    group by month

),

ltv as (

    select
        churned.month,
        cast('all' as string) as segment,
        cast(churned.customer_count as bigint) as customer_count,
        {{ money('coalesce(churned.arpa, 0)') }} as arpa,
        cast({{ margin }} as decimal(18, 6)) as gross_margin_rate,
        cast(churned.churn_month_count as bigint) as churn_month_count,
        {{ divide('churned.churn_millionths', 'churned.churn_month_count * 1000000') }}
            as mean_logo_churn_rate,
        -- wider than 18 digits: DuckDB multiplies two narrow decimals within 18 and stops there
        {{ divide(
            'cast(' ~ times('churned.arpa', margin) ~ ' as decimal(28, 6))'
            ~ ' * cast(churned.churn_month_count * 1000000 as decimal(10, 0))',
            'churned.churn_millionths'
        ) }} as ltv_expected,
        cast(
            case
                when churned.arpa is null then 'no_customer_at_end'
                when churned.churn_month_count = 0 then 'no_churn_rate'
                when churned.churn_millionths = 0 then 'no_churn'
            end as string
        ) as ltv_expected_null_reason,
        {{ total('coalesce(billed_to_date.net_revenue, 0)') }} as net_revenue_to_date,
        cast(coalesce(billed_to_date.customer_count, 0) as bigint) as billed_customer_count,
        {{ divide(
            'cast(billed_to_date.net_revenue * cast(' ~ margin ~ ' as decimal(8, 6)) as decimal(28, 6))',
            'billed_to_date.customer_count'
        ) }} as ltv_realised,
        cast(
            case when coalesce(billed_to_date.customer_count, 0) = 0 then 'no_invoice' end as string
        ) as ltv_realised_null_reason,
        cast({{ var('ltv_horizon_months') }} as bigint) as ltv_horizon_months,
        {{ times('survived.revenue_expected', margin) }} as ltv_survival,
        cast(case when survived.month is null then 'no_cohort' end as string)
            as ltv_survival_null_reason,
        {{ divide('survived.revenue_extrapolated', 'survived.revenue_expected') }}
            as ltv_survival_extrapolated_rate,
        {{ policy_columns() }}
    from churned
    left join billed_to_date on churned.month = billed_to_date.month
    left join survived on churned.month = survived.month

)

select * from ltv
