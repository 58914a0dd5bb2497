with components as (

    select * from {{ source('forecast', 'forecast_component') }}

),

parts as (

    select
        cast(month as date) as month,
        cast(scenario as string) as scenario,
        cast(component as string) as component,
        cast(component_order as bigint) as component_order,
        cast(method as string) as method,
        cast(origin_month as date) as origin_month,
        cast(horizon_months as bigint) as horizon_months,
        {{ total('mrr_change') }} as mrr_change,
        {{ total('mrr') }} as mrr,
        {{ total('forecast_mrr') }} as forecast_mrr,
        cast(component_reason as string) as component_reason,
        {{ policy_columns() }}
    from components

)

select * from parts
