-- Who asked, about what, and when a human first answered, in business minutes (G-26). Facts up to
-- as_of_date: a reply of tomorrow has not been given. Automatic replies and internal notes are no
-- replies; where a system sends the ticket's events they decide, else its own first reply.
{%- set hours = business_hours() %}
{%- set business_day_minutes = hours.closes_at - hours.opens_at %}
with tickets as (

    select * from {{ ref('stg_inquiry__tickets') }}

),

ticket_events as (

    select * from {{ ref('stg_inquiry__ticket_events') }}

),

topic_map as (

    select * from {{ ref('stg_reference__inquiry_topic_map') }}

),

resolved_ids as (

    select * from {{ ref('int_customer_ids_resolved') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}

),

business_days as (

    select * from {{ ref('int_business_days_counted') }}

),

emails as (

    select
        accounts.email_folded,
        min(identified.customer_key) as customer_key
    from accounts
    inner join identified on accounts.record_key = identified.record_key
    where accounts.email_folded is not null
    group by accounts.email_folded
    having count(distinct identified.customer_key) = 1

),

event_replies as (

    select
        ticket_events.source_system,
        ticket_events.ticket_id,
        min(
            case
                when
                    ticket_events.kind = 'public_reply'
                    and ticket_events.event_at >= tickets.asked_at
                    then ticket_events.event_at
            end
        ) as first_reply_at
    from ticket_events
    inner join tickets
        on
            ticket_events.source_system = tickets.source_system
            and ticket_events.ticket_id = tickets.ticket_id
    group by ticket_events.source_system, ticket_events.ticket_id

),

-- the longest pattern found in the text names the topic of a ticket that has none
topics_found as (

    select
        tickets.record_key,
        topic_map.topic,
        row_number() over (
            partition by tickets.record_key
            order by
                length(topic_map.pattern) desc nulls last,
                topic_map.pattern nulls last,
                topic_map.record_key nulls last
        ) as pick
    from tickets
    cross join topic_map
    where
        tickets.topic is null
        and (
            instr(coalesce(tickets.subject, ''), topic_map.pattern) > 0
            or instr(coalesce(tickets.body, ''), topic_map.pattern) > 0
        )

),

known as (

    select
        tickets.*,
        coalesce(
            by_account.customer_key, by_billing.customer_key, emails.customer_key
        ) as customer_key,
        coalesce(tickets.topic, topics_found.topic) as topic_found,
        {{ utc_to_local('tickets.asked_at', var('business_timezone')) }} as asked_local,
        case
            when event_replies.ticket_id is not null then event_replies.first_reply_at
            else tickets.first_reply_at
        end as reply_stated_at
    from tickets
    left join resolved_ids as by_account
        on
            tickets.account_id = by_account.source_id
            and by_account.source_entity = 'crm.accounts'
    left join resolved_ids as by_billing
        on
            tickets.billing_customer_id = by_billing.source_id
            and by_billing.source_entity = 'billing.billing_customers'
    left join emails on tickets.requester_email_folded = emails.email_folded
    left join topics_found
        on tickets.record_key = topics_found.record_key and topics_found.pick = 1
    left join event_replies
        on
            tickets.source_system = event_replies.source_system
            and tickets.ticket_id = event_replies.ticket_id
    where {{ local_date('tickets.asked_at') }} <= {{ as_of() }}

),

replied as (

    select
        *,
        case
            when {{ local_date('reply_stated_at') }} <= {{ as_of() }}
                then reply_stated_at
        end as replied_at,
        case
            when {{ local_date('reply_stated_at') }} <= {{ as_of() }}
                then {{ utc_to_local('reply_stated_at', var('business_timezone')) }}
        end as replied_local,
        case
            when {{ local_date('resolved_at') }} <= {{ as_of() }}
                then resolved_at
        end as solved_at
    from known

),

clocked as (

    select
        replied.*,
        asked_days.is_business_day as is_asked_on_business_day,
        asked_days.business_minutes_before as minutes_before_asked_day,
        replied_days.is_business_day as is_replied_on_business_day,
        replied_days.business_minutes_before as minutes_before_replied_day,
        {{ minutes_between('cast(cast(asked_local as date) as timestamp)', 'asked_local') }}
            as asked_minute,
        {{ minutes_between('cast(cast(replied_local as date) as timestamp)', 'replied_local') }}
            as replied_minute
    from replied
    left join business_days as asked_days
        on cast(replied.asked_local as date) = asked_days.day
    left join business_days as replied_days
        on cast(replied.replied_local as date) = replied_days.day

),

answered as (

    select
        record_key as inquiry_key,
        cast(source_system as string) as source_system,
        cast(ticket_id as string) as ticket_id,
        cast(customer_key as string) as customer_key,
        cast(asked_at as timestamp) as asked_at,
        cast(asked_local as date) as asked_date,
        cast(channel as string) as channel,
        cast(topic_found as string) as topic,
        cast(coalesce(is_complaint, false) as boolean) as is_complaint,
        cast(priority as string) as priority,
        cast(status as string) as status,
        cast(assignee as string) as assignee,
        cast(requester_name as string) as requester_name,
        cast(requester_email as string) as requester_email,
        cast(subject as string) as subject,
        delivery_id,
        source_sheet,
        source_row,
        cast(replied_at as timestamp) as first_reply_at,
        -- minutes open before the reply less those before the question
        cast(
            case
                when replied_at is not null
                    then
                        minutes_before_replied_day
                        + case
                            when is_replied_on_business_day
                                then least(
                                    greatest(replied_minute - {{ hours.opens_at }}, 0),
                                    {{ business_day_minutes }}
                                )
                            else 0
                        end
                        - minutes_before_asked_day
                        - case
                            when is_asked_on_business_day
                                then least(
                                    greatest(asked_minute - {{ hours.opens_at }}, 0),
                                    {{ business_day_minutes }}
                                )
                            else 0
                        end
            end as bigint
        ) as first_reply_business_minutes,
        cast({{ minutes_between('asked_local', 'replied_local') }} as bigint)
            as first_reply_calendar_minutes,
        cast(solved_at as timestamp) as resolved_at,
        {{ local_date('solved_at') }} as resolved_date,
        cast(case when solved_at is not null then csat end as decimal(18, 6)) as csat
    from clocked

)

select * from answered
