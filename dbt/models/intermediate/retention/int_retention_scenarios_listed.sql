-- What the layer model (G-01) is asked: as many new customers a year as came in the last twelve
-- complete months, kept at the rate observed or at a rate assumed.
{%- set assumed = [
    '0.50', '0.55', '0.60', '0.65', '0.70', '0.75', '0.80', '0.85', '0.90', '0.95',
] %}
with lifetimes as (

    select * from {{ ref('int_customer_lifetimes') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

changes as (

    select * from {{ ref('int_cohort_changes_listed') }}

),

edges as (

    select distinct last_completed_month
    from months

),

newcomers as (

    select count(lifetimes.customer_key) as new_customer_count
    from edges
    left join lifetimes
        on {{ months_between('lifetimes.cohort_month', 'edges.last_completed_month') }} < 12

),

-- customers first paying at least twelve months ago, and those of them paying twelve months later
matured as (

    select
        lifetimes.customer_key,
        {{ add_months('lifetimes.cohort_month', 12) }} as anniversary_month
    from lifetimes
    cross join edges
    where {{ months_between('lifetimes.cohort_month', 'edges.last_completed_month') }} >= 12

),

observed as (

    select
        count(distinct matured.customer_key) as cohort_customer_count,
        coalesce(sum(changes.active_change), 0) as active_customer_count
    from matured
    left join changes
        on
            matured.customer_key = changes.customer_key
            and changes.month <= matured.anniversary_month

),

listed as (

    select
        'observed' as scenario,
        newcomers.new_customer_count,
        {{ divide('observed.active_customer_count', 'observed.cohort_customer_count') }}
            as yearly_retention_rate
    from newcomers
    cross join observed
    where observed.cohort_customer_count > 0
    {%- for rate in assumed %}
    union all
    select
        'assumed_{{ rate[2:] }}' as scenario,
        new_customer_count,
        cast({{ rate }} as decimal(18, 6)) as yearly_retention_rate
    from newcomers
    {%- endfor %}

),

scenarios as (

    select
        cast(scenario as string) as scenario,
        cast(new_customer_count as bigint) as new_customer_count,
        cast(yearly_retention_rate as decimal(18, 6)) as yearly_retention_rate
    from listed
    where new_customer_count > 0

)

select * from scenarios
