-- Did those who left complain more than those who stayed? Per month: the customers who left in the
-- twelve months to its end, and those who pay at its end and did not leave in them; of each, how
-- many had complained in the 90 days before they left, or before the month's end (G-27). Counted
-- per topic and plan, and for all topics and all plans, because customers cannot be added up.
{%- set complaint_days = 90 %}
{%- set churn_months = 12 %}
with churns as (

    select * from {{ ref('int_customer_churns_explained') }}
    where churned_on is not null

),

observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

inquiries as (

    select * from {{ ref('int_inquiries_answered') }}
    where customer_key is not null and is_complaint

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

-- a complaint counts under its topic and under all
complaints as (

    select
        customer_key,
        asked_date,
        coalesce(topic, 'unknown') as topic
    from inquiries
    union all
    select
        customer_key,
        asked_date,
        'all' as topic
    from inquiries

),

month_ends as (

    select distinct
        observed.observed_date,
        observed.observed_month
    from observed
    inner join months on observed.observed_date = months.month_end

),

-- a customer who left twice within the window left once, the last time
leavers_ranked as (

    select
        month_ends.observed_month as month,
        churns.customer_key,
        churns.churned_on,
        coalesce(observed.plan_name, 'none') as plan_name,
        row_number() over (
            partition by month_ends.observed_month, churns.customer_key
            order by churns.churned_on desc nulls last, churns.month desc nulls last
        ) as pick
    from churns
    inner join month_ends
        on
            churns.month <= month_ends.observed_month
            and churns.month > {{ add_months('month_ends.observed_month', -churn_months) }}
    left join observed
        on
            churns.customer_key = observed.customer_key
            and observed.observed_month = {{ add_months('churns.month', -1) }}
            and observed.observed_date < churns.month

),

leavers as (

    select * from leavers_ranked
    where pick = 1

),

stayers as (

    select
        month_ends.observed_month as month,
        observed.customer_key,
        month_ends.observed_date,
        observed.plan_name
    from observed
    inner join month_ends on observed.observed_date = month_ends.observed_date
    left join leavers
        on
            month_ends.observed_month = leavers.month
            and observed.customer_key = leavers.customer_key
    where leavers.customer_key is null

),

people as (

    select
        month,
        plan_name,
        customer_key,
        churned_on as until_date,
        1 as is_churned
    from leavers
    union all
    select
        month,
        plan_name,
        customer_key,
        observed_date as until_date,
        0 as is_churned
    from stayers

),

people_counted as (

    select
        month,
        plan_name,
        sum(is_churned) as churned_count,
        sum(1 - is_churned) as stayed_count
    from people
    group by month, plan_name

),

totals as (

    select
        month,
        plan_name,
        churned_count,
        stayed_count
    from people_counted
    union all
    select
        month,
        'all' as plan_name,
        sum(churned_count) as churned_count,
        sum(stayed_count) as stayed_count
    from people_counted
    group by month

),

complainers as (

    select distinct
        people.month,
        people.plan_name,
        people.customer_key,
        people.is_churned,
        complaints.topic
    from people
    inner join complaints on people.customer_key = complaints.customer_key
    where
        complaints.asked_date <= people.until_date
        and complaints.asked_date > {{ add_days('people.until_date', -complaint_days) }}

),

complainers_counted as (

    select
        month,
        plan_name,
        topic,
        sum(is_churned) as churned_with_complaint_count,
        sum(1 - is_churned) as stayed_with_complaint_count
    from complainers
    group by month, plan_name, topic

),

complainers_totalled as (

    select * from complainers_counted
    union all
    select
        month,
        'all' as plan_name,
        topic,
        sum(churned_with_complaint_count) as churned_with_complaint_count,
        sum(stayed_with_complaint_count) as stayed_with_complaint_count
    from complainers_counted
    group by month, topic

),

topics as (

    select distinct topic from complainers_totalled
    union
    select 'all' as topic

),

counted as (

    select
        totals.month,
        topics.topic,
        totals.plan_name,
        cast(totals.churned_count as bigint) as churned_count,
        cast(coalesce(complainers_totalled.churned_with_complaint_count, 0) as bigint)
            as churned_with_complaint_count,
        cast(totals.stayed_count as bigint) as stayed_count,
        cast(coalesce(complainers_totalled.stayed_with_complaint_count, 0) as bigint)
            as stayed_with_complaint_count
    from totals
    cross join topics
    left join complainers_totalled
        on
            totals.month = complainers_totalled.month
            and totals.plan_name = complainers_totalled.plan_name
            and topics.topic = complainers_totalled.topic

)

select * from counted
