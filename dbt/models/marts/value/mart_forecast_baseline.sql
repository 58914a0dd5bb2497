{%- set horizon = 12 %}
with kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

placed as (

    select
        kpis.*,
        row_number() over (order by month desc nulls last) as place,
        count(*) over () as history_month_count
    from kpis

),

-- the flows of the last months over what they flowed from, never a mean of rates; the opening
-- month has no flows
flows as (

    select
        sum(begin_mrr) as begin_mrr,
        sum(begin_mrr + churn_mrr + contraction_mrr + expansion_mrr) as kept_mrr,
        sum(new_mrr) as new_mrr,
        count(*) as flow_month_count
    from placed
    where place <= {{ var('churn_avg_months') }} and begin_mrr > 0

),

rated as (

    select
        {{ divide('kept_mrr', 'begin_mrr') }} as monthly_keep_ratio,
        {{ divide('new_mrr', 'flow_month_count') }} as monthly_new_mrr
    from flows
    where begin_mrr > 0

),

step_0 as (

    select
        placed.month as origin_month,
        placed.month,
        {{ total('placed.mrr') }} as mrr,
        rated.monthly_keep_ratio,
        rated.monthly_new_mrr,
        placed.history_month_count
    from placed
    cross join rated
    where placed.place = 1

),
{% for step in range(1, horizon + 1) %}
step_{{ step }} as (

    select
        origin_month,
        {{ add_months('origin_month', step) }} as month,
        {{ total(
            'cast(mrr as decimal(22, 6)) * cast(monthly_keep_ratio as decimal(10, 6)) + monthly_new_mrr'
        ) }} as mrr,
        monthly_keep_ratio,
        monthly_new_mrr,
        history_month_count
    from step_{{ step - 1 }}

),
{% endfor %}
steps as (
    {% for step in range(1, horizon + 1) %}
    select * from step_{{ step }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

forecast as (

    select
        cast(month as date) as month,
        cast(origin_month as date) as origin_month,
        cast({{ months_between('origin_month', 'month') }} as bigint) as horizon_months,
        mrr as forecast_mrr,
        monthly_keep_ratio,
        {{ money('monthly_new_mrr') }} as monthly_new_mrr,
        cast(history_month_count as bigint) as history_month_count,
        cast(case when history_month_count < 12 then 'fewer_than_12_months' end as string)
            as notice,
        {{ policy_columns() }}
    from steps

)

select * from forecast
