-- How long each customer was seen from the first payment: up to the first lapse, else up to the
-- last complete month (right censored). A pause is no lapse. Customers already paying when the
-- history begins are left out: nobody saw them start.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

edges as (

    select distinct
        history_start_month,
        last_completed_month
    from months

),

cohorts as (

    select distinct
        customer_key,
        cohort_month
    from movements
    where cohort_month is not null

),

first_lapses as (

    select
        customer_key,
        min(month) as lapsed_month
    from churns
    group by customer_key

),

lifetimes as (

    select
        cast(cohorts.customer_key as string) as customer_key,
        cast(cohorts.cohort_month as date) as cohort_month,
        cast(first_lapses.lapsed_month as date) as lapsed_month,
        cast(first_lapses.lapsed_month is not null as boolean) as has_lapsed,
        {{ months_between(
            'cohorts.cohort_month',
            'coalesce(first_lapses.lapsed_month, edges.last_completed_month)') }}
            as observed_months
    from cohorts
    cross join edges
    left join first_lapses on cohorts.customer_key = first_lapses.customer_key
    where cohorts.cohort_month > edges.history_start_month

)

select * from lifetimes
