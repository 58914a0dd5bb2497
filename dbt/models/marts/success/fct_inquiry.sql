with answered as (

    select * from {{ ref('int_inquiries_answered') }}

),

inquiries as (

    select
        inquiry_key,
        source_system,
        ticket_id,
        customer_key,
        asked_at,
        asked_date,
        {{ month_start('asked_date') }} as asked_month,
        channel,
        topic,
        is_complaint,
        priority,
        status,
        assignee,
        requester_name,
        requester_email,
        subject,
        first_reply_at,
        first_reply_business_minutes,
        first_reply_calendar_minutes,
        resolved_at,
        resolved_date,
        csat as csat_score,
        delivery_id,
        source_sheet,
        source_row,
        {{ policy_columns() }}
    from answered

)

select * from inquiries
