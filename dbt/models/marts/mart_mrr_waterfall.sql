with movements as (

    select * from {{ ref('fct_mrr_movement') }}

),

churns as (

    select * from {{ ref('fct_churn_event') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

intramonth as (

    select * from {{ ref('int_intramonth_customers_counted') }}

),

types as (

    {%- for type in movement_types() %}
    select
        '{{ type.name }}' as movement_type,
        {{ loop.index }} as movement_order,
        {{ type.customers }} as customer_sign
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        month,
        movement_type,
        sum(mrr_change) as mrr_change,
        count(distinct customer_key) as customer_count
    from movements
    group by month, movement_type

),

-- every month has every type, so that a table or chart never has to guess what a missing row means
grid as (

    select
        months.month,
        months.history_start_month,
        types.movement_type,
        types.movement_order,
        types.customer_sign,
        coalesce(summed.mrr_change, 0) as mrr_change,
        coalesce(summed.customer_count, 0) as customer_count
    from months
    cross join types
    left join summed
        on months.month = summed.month and types.movement_type = summed.movement_type

),

month_changes as (

    select
        month,
        sum(mrr_change) as mrr_change,
        sum(customer_count * customer_sign) as customer_change
    from grid
    group by month

),

month_ends as (

    select
        month,
        mrr_change,
        customer_change,
        sum(mrr_change) over (
            order by month nulls last rows between unbounded preceding and current row
        ) as end_mrr,
        sum(customer_change) over (
            order by month nulls last rows between unbounded preceding and current row
        ) as end_customer_count
    from month_changes

),

paused_leavers as (

    select
        month,
        count(*) as churned_while_paused_count
    from churns
    where is_while_paused
    group by month

),

waterfall as (

    select
        grid.month,
        cast('contract' as string) as basis,
        cast('as_restated' as string) as view,
        cast(grid.movement_type as string) as movement_type,
        cast(grid.movement_order as bigint) as movement_order,
        cast(grid.month = grid.history_start_month as boolean) as is_opening_month,
        {{ total('grid.mrr_change') }} as mrr_change,
        cast(grid.customer_count as bigint) as customer_count,
        {{ total('month_ends.end_mrr - month_ends.mrr_change') }} as begin_mrr,
        {{ total('month_ends.end_mrr') }} as end_mrr,
        cast(month_ends.end_customer_count - month_ends.customer_change as bigint)
            as begin_customer_count,
        cast(month_ends.end_customer_count as bigint) as end_customer_count,
        cast(coalesce(intramonth.customer_count, 0) as bigint) as intramonth_new_churn_count,
        cast(coalesce(paused_leavers.churned_while_paused_count, 0) as bigint)
            as churned_while_paused_count,
        {{ policy_columns() }}
    from grid
    inner join month_ends on grid.month = month_ends.month
    left join intramonth on grid.month = intramonth.month
    left join paused_leavers on grid.month = paused_leavers.month

)

select * from waterfall
