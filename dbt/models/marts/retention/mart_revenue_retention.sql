{#- rates at this grain: name, numerator, denominator, and what a missing rate means (D20) -#}
{%- set loss = '-churn_mrr - contraction_mrr' %}
{%- set rates = [
    ('logo_churn_rate', 'churned_customer_count', 'begin_customer_count', 'no_customer_at_begin'),
    ('gross_mrr_churn_rate', loss, 'begin_mrr', 'no_mrr_at_begin'),
    ('net_mrr_churn_rate', loss ~ ' - expansion_mrr - reactivation_mrr', 'begin_mrr',
     'no_mrr_at_begin'),
    ('grr_rate', 'begin_mrr + churn_mrr + contraction_mrr', 'begin_mrr', 'no_mrr_at_begin'),
    ('nrr_rate', 'begin_mrr + churn_mrr + contraction_mrr + expansion_mrr', 'begin_mrr',
     'no_mrr_at_begin'),
    ('grr_12m_rate', 'retained_12m_mrr', 'cohort_12m_mrr', 'no_mrr_12_months_ago'),
    ('nrr_12m_rate', 'current_12m_mrr', 'cohort_12m_mrr', 'no_mrr_12_months_ago'),
    ('arpa', 'mrr', 'customer_count', 'no_customer_at_end'),
] %}
{%- set keys = 'partition by grid.segment_attribute, grid.segment_value
            order by grid.month nulls last
            rows between unbounded preceding and current row' %}
with movements as (

    select * from {{ ref('fct_mrr_movement') }}

),

closed_cohort_changes as (

    select * from {{ ref('int_closed_cohort_changes_listed') }}

),

segments as (

    select * from {{ ref('bridge_customer_segment') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

types as (

    {%- for type in movement_types() %}
    select
        '{{ type.name }}' as movement_type,
        {{ type.customers }} as customer_sign
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- one row per customer and month: a movement may be split by reason, a customer is counted once
customer_months as (

    select
        movements.customer_key,
        movements.month,
        greatest(max(types.customer_sign), 0) + least(min(types.customer_sign), 0)
            as customer_change,
        max(case when movements.movement_type = 'new' then 1 else 0 end) as is_new,
        max(case when movements.movement_type = 'churn' then 1 else 0 end) as is_churned,
        {%- for type in movement_types() %}
        sum(
            case
                when movements.movement_type = '{{ type.name }}' then movements.mrr_change
                else 0
            end
        ) as {{ type.name }}_mrr,
        {%- endfor %}
        sum(movements.mrr_change) as mrr_change
    from movements
    inner join types on movements.movement_type = types.movement_type
    group by movements.customer_key, movements.month

),

moved as (

    select
        segments.segment_attribute,
        segments.segment_value,
        customer_months.month,
        sum(customer_months.customer_change) as customer_change,
        sum(customer_months.is_new) as new_customer_count,
        sum(customer_months.is_churned) as churned_customer_count,
        {%- for type in movement_types() %}
        sum(customer_months.{{ type.name }}_mrr) as {{ type.name }}_mrr,
        {%- endfor %}
        sum(customer_months.mrr_change) as mrr_change
    from customer_months
    inner join segments on customer_months.customer_key = segments.customer_key
    group by segments.segment_attribute, segments.segment_value, customer_months.month

),

closed_cohorts as (

    select
        segments.segment_attribute,
        segments.segment_value,
        closed_cohort_changes.month,
        sum(closed_cohort_changes.cohort_change) as cohort_change,
        sum(closed_cohort_changes.retained_change) as retained_change,
        sum(closed_cohort_changes.current_change) as current_change
    from closed_cohort_changes
    inner join segments on closed_cohort_changes.customer_key = segments.customer_key
    group by segments.segment_attribute, segments.segment_value, closed_cohort_changes.month

),

values_seen as (

    select distinct
        segment_attribute,
        segment_value
    from moved

),

grid as (

    select
        values_seen.segment_attribute,
        values_seen.segment_value,
        months.month,
        months.history_start_month
    from values_seen
    cross join months

),

running as (

    select
        grid.*,
        {%- for type in movement_types() %}
        coalesce(moved.{{ type.name }}_mrr, 0) as {{ type.name }}_mrr,
        {%- endfor %}
        coalesce(moved.new_customer_count, 0) as new_customer_count,
        coalesce(moved.churned_customer_count, 0) as churned_customer_count,
        coalesce(moved.mrr_change, 0) as mrr_change,
        coalesce(moved.customer_change, 0) as customer_change,
        sum(coalesce(moved.mrr_change, 0)) over ({{ keys }}) as mrr,
        sum(coalesce(moved.customer_change, 0)) over ({{ keys }}) as customer_count,
        sum(coalesce(closed_cohorts.cohort_change, 0)) over ({{ keys }}) as cohort_mrr,
        sum(coalesce(closed_cohorts.retained_change, 0)) over ({{ keys }}) as retained_mrr,
        sum(coalesce(closed_cohorts.current_change, 0)) over ({{ keys }}) as current_mrr
    from grid
    left join moved
        on
            grid.segment_attribute = moved.segment_attribute
            and grid.segment_value = moved.segment_value
            and grid.month = moved.month
    left join closed_cohorts
        on
            grid.segment_attribute = closed_cohorts.segment_attribute
            and grid.segment_value = closed_cohorts.segment_value
            and grid.month = closed_cohorts.month

),

levelled as (

    select
        running.*,
        running.mrr - running.mrr_change as begin_mrr,
        running.customer_count - running.customer_change as begin_customer_count,
        running.month = running.history_start_month as is_opening_month,
        {%- for part in ('cohort', 'retained', 'current') %}
        case
            when {{ months_between('running.history_start_month', 'running.month') }} >= 12
                then running.{{ part }}_mrr
            else 0
        end as {{ part }}_12m_mrr{{ ',' if not loop.last }}
        {%- endfor %}
    from running

),

retention as (

    select
        cast(month as date) as month,
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        cast(is_opening_month as boolean) as is_opening_month,
        {{ total('begin_mrr') }} as begin_mrr,
        {%- for type in movement_types() %}
        {{ total(type.name ~ '_mrr') }} as {{ type.name }}_mrr,
        {%- endfor %}
        {{ total('mrr') }} as mrr,
        cast(begin_customer_count as bigint) as begin_customer_count,
        cast(new_customer_count as bigint) as new_customer_count,
        cast(churned_customer_count as bigint) as churned_customer_count,
        cast(customer_count as bigint) as customer_count,
        {%- for rate, numerator, denominator, missing in rates %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(
            case
                when {{ denominator }} <> 0 then null
                {%- if rate != 'arpa' %}
                when is_opening_month then 'opening_month'
                {%- endif %}
                else '{{ missing }}'
            end as string
        ) as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from levelled

)

select * from retention
