-- Two bases (D1): what the contracts say and what the invoices say. Two views of the same months. as_restated is what the facts known today say, of every month.
-- as_reported is what a closed month was reported as (frozen, never recomputed) and, after the last
-- closed month, today's movements: the first open month begins where the closed one was reported to
-- end, and what has changed since is its prior_period row (D19). Without a closed month there is no
-- as_reported row; only the contract basis is closed and reported.
with movements as (

    select * from {{ ref('fct_mrr_movement') }}

),

billed as (

    select * from {{ ref('int_billed_movements_classified') }}

),

closed as (

    select * from {{ source('control', 'close_waterfall') }}

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

both_bases as (

    select
        'contract' as basis,
        month,
        movement_type,
        customer_key,
        mrr_change
    from movements
    union all
    select
        'billed' as basis,
        month,
        movement_type,
        customer_key,
        mrr_change
    from billed

),

summed as (

    select
        basis,
        month,
        movement_type,
        sum(mrr_change) as mrr_change,
        count(distinct customer_key) as customer_count
    from both_bases
    group by basis, month, movement_type

),

-- the billed basis begins with the first month any invoice covers
starts as (

    select
        'contract' as basis,
        min(history_start_month) as first_month
    from months
    union all
    select
        'billed' as basis,
        min(month) as first_month
    from billed

),

-- every month has every type, so that a table or chart never has to guess what a missing row means
grid as (

    select
        starts.basis,
        months.month,
        starts.first_month,
        types.movement_type,
        types.movement_order,
        types.customer_sign,
        coalesce(summed.mrr_change, 0) as mrr_change,
        coalesce(summed.customer_count, 0) as customer_count
    from months
    inner join starts on months.month >= starts.first_month
    cross join types
    left join summed
        on
            starts.basis = summed.basis
            and months.month = summed.month
            and types.movement_type = summed.movement_type

),

month_changes as (

    select
        basis,
        month,
        sum(mrr_change) as mrr_change,
        sum(customer_count * customer_sign) as customer_change
    from grid
    group by basis, month

),

month_ends as (

    select
        basis,
        month,
        mrr_change,
        customer_change,
        sum(mrr_change) over (
            partition by basis order by month nulls last
            rows between unbounded preceding and current row
        ) as end_mrr,
        sum(customer_change) over (
            partition by basis order by month nulls last
            rows between unbounded preceding and current row
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

restated as (

    select
        grid.month,
        grid.basis,
        cast('as_restated' as string) as view,
        grid.movement_type,
        grid.movement_order,
        grid.month = grid.first_month as is_opening_month,
        grid.mrr_change,
        grid.customer_count,
        month_ends.end_mrr - month_ends.mrr_change as begin_mrr,
        month_ends.end_mrr,
        month_ends.end_customer_count - month_ends.customer_change as begin_customer_count,
        month_ends.end_customer_count,
        coalesce(intramonth.customer_count, 0) as intramonth_new_churn_count,
        coalesce(paused_leavers.churned_while_paused_count, 0) as churned_while_paused_count
    from grid
    inner join month_ends
        on grid.basis = month_ends.basis and grid.month = month_ends.month
    left join intramonth on grid.month = intramonth.month
    left join paused_leavers on grid.month = paused_leavers.month

),

closed_ends as (

    select
        {{ add_months('month', 1) }} as next_month,
        min(end_mrr) as end_mrr,
        min(end_customer_count) as end_customer_count
    from closed
    group by month

),

last_close as (

    select max(month) as month from closed

),

reopened as (

    select
        restated.month,
        restated.basis,
        cast('as_reported' as string) as view,
        restated.movement_type,
        restated.movement_order,
        restated.is_opening_month,
        restated.mrr_change,
        restated.customer_count,
        coalesce(closed_ends.end_mrr, restated.begin_mrr) as begin_mrr,
        restated.end_mrr,
        coalesce(closed_ends.end_customer_count, restated.begin_customer_count)
            as begin_customer_count,
        restated.end_customer_count,
        restated.intramonth_new_churn_count,
        restated.churned_while_paused_count,
        restated.begin_mrr as restated_begin_mrr,
        restated.begin_customer_count as restated_begin_customer_count
    from restated
    inner join last_close on restated.month > last_close.month
    left join closed_ends on restated.month = closed_ends.next_month
    where restated.basis = 'contract'

),

-- one row per open month, made from the row of its first movement type
prior_periods as (

    select
        month,
        basis,
        view,
        'prior_period' as movement_type,
        {{ movement_types() | length + 1 }} as movement_order,
        is_opening_month,
        restated_begin_mrr - begin_mrr as mrr_change,
        restated_begin_customer_count - begin_customer_count as customer_count,
        begin_mrr,
        end_mrr,
        begin_customer_count,
        end_customer_count,
        intramonth_new_churn_count,
        churned_while_paused_count
    from reopened
    where movement_order = 1

),

both_views as (

{%- set columns = [
    'month', 'basis', 'view', 'movement_type', 'movement_order', 'is_opening_month', 'mrr_change',
    'customer_count', 'begin_mrr', 'end_mrr', 'begin_customer_count', 'end_customer_count',
    'intramonth_new_churn_count', 'churned_while_paused_count',
] | join(', ') %}

    select {{ columns }} from restated
    union all
    select {{ columns }} from reopened
    union all
    select {{ columns }} from prior_periods
    union all
    select
        {{ columns | replace('view', "'as_reported' as view")
            | replace('basis', "'contract' as basis") }}
    from closed

),

waterfall as (

    select
        cast(month as date) as month,
        cast(basis as string) as basis,
        cast(view as string) as view,
        cast(movement_type as string) as movement_type,
        cast(movement_order as bigint) as movement_order,
        cast(is_opening_month as boolean) as is_opening_month,
        {{ total('mrr_change') }} as mrr_change,
        cast(customer_count as bigint) as customer_count,
        {{ total('begin_mrr') }} as begin_mrr,
        {{ total('end_mrr') }} as end_mrr,
        cast(begin_customer_count as bigint) as begin_customer_count,
        cast(end_customer_count as bigint) as end_customer_count,
        cast(intramonth_new_churn_count as bigint) as intramonth_new_churn_count,
        cast(churned_while_paused_count as bigint) as churned_while_paused_count,
        {{ policy_columns() }}
    from both_views

)

select * from waterfall
