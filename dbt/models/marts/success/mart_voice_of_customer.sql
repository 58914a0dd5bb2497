{#- rates: name, numerator, denominator, what a missing rate means (D20) -#}
{%- set rates = [
    ('complaints_per_100_rate', '100 * complaint_count', 'paying_customer_count',
     'no_paying_customer'),
    ('csat_score', 'csat_sum', 'csat_count', 'no_answer'),
    ('churn_lift_ratio', 'churned_with_complaint_count * stayed_count',
     'churned_count * stayed_with_complaint_count', 'no_churn_or_no_complaint_of_stayers'),
] %}
with inquiries as (

    select * from {{ ref('int_inquiries_answered') }}

),

observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

lifts as (

    select * from {{ ref('int_complaints_before_churn_counted') }}

),

month_ends as (

    select distinct
        observed.observed_month as month,
        observed.observed_date
    from observed
    inner join months on observed.observed_date = months.month_end

),

paying as (

    select
        month_ends.month,
        observed.plan_name,
        observed.customer_key
    from observed
    inner join month_ends on observed.observed_date = month_ends.observed_date

),

paying_counted as (

    select
        month,
        plan_name,
        count(*) as paying_customer_count
    from paying
    group by month, plan_name
    union all
    select
        month,
        'all' as plan_name,
        count(*) as paying_customer_count
    from paying
    group by month

),

-- the plan at the month's end, else the one before: who left in the month asked as a customer
inquiries_placed as (

    select
        month_ends.month,
        coalesce(inquiries.topic, 'unknown') as topic,
        coalesce(here.plan_name, before.plan_name, 'none') as plan_name,
        inquiries.is_complaint,
        inquiries.first_reply_at,
        inquiries.first_reply_business_minutes,
        inquiries.csat
    from inquiries
    inner join month_ends on {{ month_start('inquiries.asked_date') }} = month_ends.month
    left join paying as here
        on inquiries.customer_key = here.customer_key and month_ends.month = here.month
    left join paying as before
        on
            inquiries.customer_key = before.customer_key
            and before.month = {{ add_months('month_ends.month', -1) }}

),

-- medians and customers do not add up, so every total is a row of its own
inquiries_totalled as (

    select * from inquiries_placed
    {%- for topic, plan in [("'all'", 'plan_name'), ('topic', "'all'"), ("'all'", "'all'")] %}
    union all
    select
        month,
        {{ topic }} as topic,
        {{ plan }} as plan_name,
        is_complaint,
        first_reply_at,
        first_reply_business_minutes,
        csat
    from inquiries_placed
    {%- endfor %}

),

summed as (

    select
        month,
        topic,
        plan_name,
        count(*) as inquiry_count,
        sum(cast(is_complaint as int)) as complaint_count,
        sum(case when first_reply_at is null then 1 else 0 end) as unanswered_count,
        cast(
            percentile_disc(0.5) within group (order by first_reply_business_minutes nulls last)
            as bigint
        ) as first_reply_median_minutes,
        count(csat) as csat_count,
        sum(coalesce(csat, 0)) as csat_sum
    from inquiries_totalled
    group by month, topic, plan_name

),

-- a month without a question is a row too
keys as (

    select
        month,
        topic,
        plan_name
    from summed
    union
    select
        month,
        'all' as topic,
        'all' as plan_name
    from month_ends

),

joined as (

    select
        keys.month,
        keys.topic,
        keys.plan_name,
        coalesce(summed.inquiry_count, 0) as inquiry_count,
        coalesce(summed.complaint_count, 0) as complaint_count,
        coalesce(summed.unanswered_count, 0) as unanswered_count,
        summed.first_reply_median_minutes,
        coalesce(summed.csat_count, 0) as csat_count,
        coalesce(summed.csat_sum, 0) as csat_sum,
        coalesce(paying_counted.paying_customer_count, 0) as paying_customer_count,
        coalesce(lifts.churned_count, 0) as churned_count,
        coalesce(lifts.churned_with_complaint_count, 0) as churned_with_complaint_count,
        coalesce(lifts.stayed_count, 0) as stayed_count,
        coalesce(lifts.stayed_with_complaint_count, 0) as stayed_with_complaint_count
    from keys
    left join summed
        on
            keys.month = summed.month
            and keys.topic = summed.topic
            and keys.plan_name = summed.plan_name
    left join paying_counted
        on keys.month = paying_counted.month and keys.plan_name = paying_counted.plan_name
    left join lifts
        on
            keys.month = lifts.month
            and keys.topic = lifts.topic
            and keys.plan_name = lifts.plan_name

),

voices as (

    select
        month,
        cast(topic as string) as topic,
        cast(plan_name as string) as plan_name,
        {%- for column in [
            'inquiry_count', 'complaint_count', 'unanswered_count', 'paying_customer_count',
            'csat_count', 'churned_count', 'churned_with_complaint_count', 'stayed_count',
            'stayed_with_complaint_count',
        ] %}
        cast({{ column }} as bigint) as {{ column }},
        {%- endfor %}
        cast(first_reply_median_minutes as bigint) as first_reply_median_minutes,
        {%- for rate, numerator, denominator, missing in rates %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(case when {{ denominator }} = 0 then '{{ missing }}' end as string)
            as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from joined

)

select * from voices
