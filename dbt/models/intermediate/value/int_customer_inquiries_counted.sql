-- How often a customer asked or complained in the 90 days to as_of_date, and when last.
with asked as (

    select * from {{ ref('int_inquiries_answered') }}

),

counted as (

    select
        cast(customer_key as string) as customer_key,
        cast(max(asked_date) as date) as last_inquiry_date,
        cast(
            sum(case when asked_date > {{ add_days(as_of(), -90) }} then 1 else 0 end) as bigint
        ) as inquiry_90d_count,
        cast(
            sum(
                case
                    when asked_date > {{ add_days(as_of(), -90) }} and is_complaint then 1 else 0
                end
            ) as bigint
        ) as complaint_90d_count
    from asked
    where customer_key is not null
    group by customer_key

)

select * from counted
