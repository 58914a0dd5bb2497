-- What each customer does to its cohort, month by month: MRR, whether it counts as active, whether
-- it lapsed for the first time. Cohort tables of any segment are sums over this; no customer x
-- month table is built.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

first_lapses as (

    select
        churns.customer_key,
        min(churns.month) as month
    from churns
    group by churns.customer_key

),

cohorts as (

    select distinct
        customer_key,
        cohort_month
    from movements
    where cohort_month is not null

),

changes as (

    select
        customer_key,
        cohort_month,
        month,
        mrr_after - mrr_before as mrr_change,
        mrr_incl_tax_after - mrr_incl_tax_before as mrr_incl_tax_change,
        tax_rate_missing_lines_after - tax_rate_missing_lines_before
            as tax_rate_missing_lines_change,
        case
            when movement_type in ('opening', 'new', 'reactivation') then 1
            when movement_type = 'churn' then -1
            {%- if not var('cohort_count_paused') %}
            when movement_type = 'resume' then 1
            when movement_type = 'pause' then -1
            {%- else %}
            when movement_type = 'resume' and month = cohort_month then 1
            {%- endif %}
            else 0
        end as active_change,
        case when movement_type is not null and month = cohort_month then 1 else 0 end
            as size_change,
        0 as lapse_change
    from movements
    where
        movement_type is not null
        or mrr_after <> mrr_before
        -- a new tax rate moves nothing but the amount with tax
        or mrr_incl_tax_after <> mrr_incl_tax_before
        or tax_rate_missing_lines_after <> tax_rate_missing_lines_before
    union all
    select
        cohorts.customer_key,
        cohorts.cohort_month,
        first_lapses.month,
        0 as mrr_change,
        0 as mrr_incl_tax_change,
        0 as tax_rate_missing_lines_change,
        0 as active_change,
        0 as size_change,
        1 as lapse_change
    from first_lapses
    inner join cohorts on first_lapses.customer_key = cohorts.customer_key
    {%- if var('cohort_count_paused') %}
    union all
    select
        cohorts.customer_key,
        cohorts.cohort_month,
        churns.month,
        0 as mrr_change,
        0 as mrr_incl_tax_change,
        0 as tax_rate_missing_lines_change,
        -1 as active_change,
        0 as size_change,
        0 as lapse_change
    from churns
    inner join cohorts on churns.customer_key = cohorts.customer_key
    where churns.is_while_paused
    {%- endif %}

),

typed as (

    select
        customer_key,
        cast(cohort_month as date) as cohort_month,
        cast(month as date) as month,
        {{ total('mrr_change') }} as mrr_change,
        {{ total('mrr_incl_tax_change') }} as mrr_incl_tax_change,
        cast(tax_rate_missing_lines_change as bigint) as tax_rate_missing_lines_change,
        cast(active_change as bigint) as active_change,
        cast(size_change as bigint) as size_change,
        cast(lapse_change as bigint) as lapse_change
    from changes
    where cohort_month is not null

)

select * from typed
