{#- rate: numerator, denominator, why it may be missing -#}
{%- set rates = [
    ('logo_retention_rate', 'active_customer_count', 'cohort_customer_count', 'empty_cohort'),
    ('survival_rate', 'surviving_customer_count', 'cohort_customer_count', 'empty_cohort'),
    ('mrr_retention_rate', 'mrr', 'initial_mrr', 'no_mrr_at_start'),
] %}
with cohorts as (

    select * from {{ ref('mart_retention_cohort') }}

),

-- a cohort that fell to zero still has its cells; a cell that is not mature does not exist
summed as (

    select
        months_since_first,
        segment_attribute,
        segment_value,
        count(*) as cohort_count,
        sum(cohort_customer_count) as cohort_customer_count,
        sum(active_customer_count) as active_customer_count,
        sum(surviving_customer_count) as surviving_customer_count,
        sum(mrr) as mrr,
        sum(initial_mrr) as initial_mrr
    from cohorts
    where not is_opening_cohort
    group by months_since_first, segment_attribute, segment_value

),

averages as (

    select
        months_since_first,
        segment_attribute,
        segment_value,
        cast(cohort_count as bigint) as cohort_count,
        {%- for rate, numerator, denominator, missing in rates %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(case when {{ denominator }} = 0 then '{{ missing }}' end as string)
            as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from summed

)

select * from averages
