-- Support, 0 to 100: from 100, 25 less per complaint of the last 90 days and 15 less per question
-- open for more than seven days. Nobody asks is 100, where a support desk delivers at all.
{%- set complaint_days = 90 %}
{%- set patience_days = 7 %}
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

inquiries as (

    select * from {{ ref('int_inquiries_answered') }}

),

desk as (

    select min(asked_date) as first_asked_date from inquiries

),

troubles as (

    select
        observed.customer_key,
        observed.observed_date,
        sum(
            case
                when
                    inquiries.is_complaint
                    and inquiries.asked_date
                    > {{ add_days('observed.observed_date', -complaint_days) }}
                    then 1
                else 0
            end
        ) as complaints,
        sum(
            case
                when
                    inquiries.asked_date < {{ add_days('observed.observed_date', -patience_days) }}
                    and (
                        inquiries.resolved_date is null
                        or inquiries.resolved_date > observed.observed_date
                    )
                    and inquiries.asked_date
                    > {{ add_days('observed.observed_date', -complaint_days) }}
                    then 1
                else 0
            end
        ) as open_questions
    from observed
    inner join inquiries
        on
            observed.customer_key = inquiries.customer_key
            and observed.observed_date >= inquiries.asked_date
    group by observed.customer_key, observed.observed_date

),

scored as (

    select
        observed.customer_key,
        observed.observed_date,
        cast('support' as string) as component,
        cast(
            greatest(
                0,
                100 - 25 * coalesce(troubles.complaints, 0)
                - 15 * coalesce(troubles.open_questions, 0)
            ) as decimal(18, 6)
        ) as score,
        cast(
            case
                when troubles.complaints > 0 and troubles.open_questions > 0
                    then 'complaints_and_open_questions'
                when troubles.complaints > 0 then 'complaints'
                when troubles.open_questions > 0 then 'open_questions'
                else 'quiet'
            end as string
        ) as reason_code
    from observed
    inner join desk on observed.observed_date >= desk.first_asked_date
    left join troubles
        on
            observed.customer_key = troubles.customer_key
            and observed.observed_date = troubles.observed_date

)

select * from scored
